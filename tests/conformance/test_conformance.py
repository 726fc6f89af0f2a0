"""Our own device keeps every rule of the protocol page, in virtual time."""

import json

import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.conformance.report import listed, summary, write
from simulator.conformance.run import Report, Result, run
from simulator.conformance.suite import CASES, chosen
from tests.conformance.memory import MemoryPort, subject


def failures(report: Report) -> list[str]:
    return [
        f"{outcome.case.id}: {outcome.detail}"
        for outcome in report.outcomes
        if outcome.result is Result.FAILED
    ]


@pytest.fixture(scope="module")
def short() -> Report:
    """One run of what takes a moment, on one device."""
    return run(subject(), CASES, longest_s=1.5)


def test_the_suite_is_large_enough_and_every_case_says_why_it_is_there():
    assert len(CASES) >= 120
    assert len({case.id for case in CASES}) == len(CASES)
    for case in CASES:
        assert case.title.endswith(".")
        assert any(row.startswith("#") for row in case.rows), case.id


def test_our_device_passes_what_takes_a_moment(short):
    assert failures(short) == []
    assert short.gone == ""
    assert short.count(Result.PASSED) >= 150


@pytest.mark.slow
def test_our_device_passes_everything():
    report = run(subject(), CASES, longest_s=400.0)
    assert failures(report) == []
    assert report.gone == ""
    skipped = {o.case.id: o.detail for o in report.outcomes if o.result is Result.SKIPPED}
    assert len(skipped) <= 6, skipped


@pytest.mark.slow
def test_without_a_bench_nothing_fails_and_what_is_skipped_says_why():
    report = run(subject(bench=False), CASES, longest_s=30.0)
    assert failures(report) == []
    assert report.count(Result.PASSED) >= 100
    skipped = [o.detail for o in report.outcomes if o.result is Result.SKIPPED]
    assert skipped
    assert all(skipped)


@pytest.mark.slow
def test_the_order_of_the_cases_does_not_matter():
    backwards = [case for case in reversed(CASES) if case.section != "whole-run"]
    assert failures(run(subject(), backwards, longest_s=7.0)) == []


def test_a_device_that_says_nothing_ends_the_run_in_one_sentence():
    class Mute(MemoryPort):
        def receive(self, wait_us: int) -> bytes:
            super().receive(wait_us)
            return b""

    report = run(subject(Mute()), CASES)
    assert report.gone.startswith("no session could be had")
    assert len(report.outcomes) <= 2
    assert not report.device


def test_a_report_can_be_read_by_programs(short, tmp_path):
    write(short, tmp_path / "report.json")
    table = json.loads((tmp_path / "report.json").read_text())
    assert table["device"]["device_id"] == "podal-sim-1"
    assert table["passed"] == short.count(Result.PASSED)
    assert set(table["cases"][0]) == {"id", "title", "rows", "result", "detail", "ms"}
    assert table["passed"] + table["failed"] + table["skipped"] == len(table["cases"])
    assert "framing" in summary(short)


def test_the_command_lists_its_cases_and_knows_its_usage(tmp_path):
    runner = CliRunner()
    done = runner.invoke(cli, ["conformance", "--list", "--only", "stop.*"])
    assert done.exit_code == 0
    assert listed(chosen("stop.eight")[0]) in done.output
    assert runner.invoke(cli, ["conformance"]).exit_code == 2
    missing = runner.invoke(cli, ["conformance", "--port", str(tmp_path / "none")])
    assert missing.exit_code == 3
    assert "there is no such port" in missing.output
    nothing = runner.invoke(cli, ["conformance", "--port", "/dev/null", "--only", "no.such"])
    assert nothing.exit_code == 2
