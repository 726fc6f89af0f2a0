"""A short slice of the long random run; `make fuzz` goes on for as long as one likes."""

import pytest

from firmware_bridge.descriptor import pack_descriptor, parse_descriptor
from firmware_bridge.errors import DescriptorError
from tests.fuzz import SENTENCE_CHARACTERS, TARGETS, run
from tests.samples import DESCRIPTOR


@pytest.mark.slow
def test_a_thousand_hostile_inputs_cause_no_exception():
    report = run(seed=1, inputs=1_000)
    assert set(report.by_target) == set(TARGETS)
    assert report.taken
    assert report.refused


@pytest.mark.slow
def test_ten_seconds_of_hostile_inputs_cause_no_exception():
    assert run(seed=2, seconds=10.0).inputs > 1_000


@pytest.mark.parametrize(
    "tampered",
    [
        {**DESCRIPTOR, "schema": "9" * 60_000},
        {**DESCRIPTOR, "rate_hz": 10**4000},
        {**DESCRIPTOR, "matrix": {**DESCRIPTOR["matrix"], "rows": -(10**4000)}},
    ],
)
def test_a_refusal_is_a_short_sentence_whatever_was_sent(tampered):
    with pytest.raises(DescriptorError) as caught:
        parse_descriptor(pack_descriptor(tampered))
    assert len(str(caught.value)) < SENTENCE_CHARACTERS
