import pytest

from simulator.device import SHAPE, Device
from simulator.plant.feet import Foot, synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.probe import Probe, target

HEEL = (70.0, 50.0)
"""A place well inside the heel of the right foot of seed 1."""


@pytest.fixture(scope="session")
def feet() -> tuple[Foot, Foot]:
    return synthetic_feet(PEOPLE["adult"], SHAPE, seed=1)


@pytest.fixture
def probe(feet: tuple[Foot, Foot]) -> Probe:
    """A host in virtual time that has not said hello yet; the person acts by themselves."""
    return Probe(Device(feet, seed=1))


@pytest.fixture
def armed(probe: Probe) -> Probe:
    """The same host with both masks accepted and the device armed."""
    probe.arm()
    return probe


@pytest.fixture
def pressing(armed: Probe) -> Probe:
    """The same host pressing the right heel with about 20 N."""
    armed.press(4.0, right=target(*HEEL, force_n=20.0))
    assert 19.0 < armed.device.beds[1].force_n < 21.0
    return armed
