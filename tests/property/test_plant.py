"""Rules that the plant keeps whatever it is told."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.device import SHAPE, Device
from simulator.plant.bed import X_RANGE_MM, Y_RANGE_MM, Z_MAX_MM, BedPlant
from simulator.plant.feet import synthetic_feet
from simulator.plant.panel import STALL_N, PanelPlant
from simulator.plant.people import PEOPLE
from simulator.plant.person_acts import ACTS
from simulator.wires import HeadWires, PanelWires

FEET = {name: synthetic_feet(build, SHAPE, seed=1)[1] for name, build in PEOPLE.items()}
SPEEDS = st.one_of(
    st.floats(-250.0, 250.0), st.sampled_from([0.0, -0.0, 1e-12, -1e-12, 25.0, -120.0])
)
ORDERS = st.tuples(SPEEDS, SPEEDS, SPEEDS, st.floats(-45.0, 45.0), st.sampled_from([0, 20, 45]))


def sensed(wires: HeadWires) -> list[float]:
    return [
        wires.force_a_n,
        wires.press_ma,
        wires.x_ma,
        wires.y_ma,
        wires.spin_mnm,
        wires.x_mm,
        wires.y_mm,
        wires.z_mm,
        wires.spin_rpm,
        wires.motor_c,
        wires.surface_c,
    ]


@settings(deadline=None, max_examples=12)
@given(
    person=st.sampled_from(sorted(PEOPLE)),
    start=st.tuples(st.floats(*X_RANGE_MM), st.floats(*Y_RANGE_MM)),
    orders=st.lists(st.tuples(ORDERS, st.booleans(), st.integers(0, 1023)), min_size=1, max_size=8),
)
def test_no_order_and_no_trouble_leads_beyond_what_the_machine_can(person, start, orders):
    panel_wires, wires = PanelWires(), HeadWires()
    panel = PanelPlant(panel_wires, seed=1)
    bed = BedPlant(wires, panel, seed=1, bed=1)
    foot = FEET[person]
    bed.x_mm, bed.y_mm = start
    bed.put_foot(foot.sole, foot.stance)
    bed.load_n = bed.share_n = 60.0
    panel_wires.relay = True
    for (x, y, z, spin, hertz), enabled, troubles in orders:
        wires.enabled = enabled
        bed.troubles = troubles
        wires.x_speed_mm_s, wires.y_speed_mm_s, wires.z_speed_mm_s = x, y, z
        wires.spin_order_rpm, wires.vibration_hz = spin, hertz
        for _ in range(60):
            panel.step()
            bed.step()
            assert bed.force_n >= 0.0
        assert X_RANGE_MM[0] <= bed.x_mm <= X_RANGE_MM[1]
        assert Y_RANGE_MM[0] <= bed.y_mm <= Y_RANGE_MM[1]
        assert 0.0 <= bed.z_mm <= Z_MAX_MM
        assert all(math.isfinite(value) for value in sensed(wires))
        assert abs(wires.press_ma) <= 40.0 + 11.0 * STALL_N + 0.01
    panel_wires.relay = False
    for _ in range(500):
        panel.step()
        bed.step()
    assert bed.force_n < 1.0  # open, whatever it was doing


@settings(deadline=None, max_examples=6)
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 900)), max_size=8))
def test_whatever_people_do_the_taxels_bear_the_load_that_is_there(acts):
    device = Device((FEET["adult"], FEET["adult"]), seed=1)
    device.advance_to(1_500_000)
    for act, wait_ms in acts:
        assert device.act(act)
        device.advance_to(device.now_us + wait_ms * 1000 // 5 * 5)
        for number, bed in enumerate(device.beds):
            assert bed.load_n >= 0.0
            kpa = device.matrices.true_kpa(number)
            assert kpa.min() >= 0.0
    device.advance_to((device.now_us // 5_000 + 400) * 5_000)
    for number, bed in enumerate(device.beds):
        kpa = device.matrices.true_kpa(number)
        assert abs(kpa.sum() * SHAPE.cell_n_per_kpa - bed.bed_n) < 1.0 + 0.03 * bed.bed_n
