"""What `podal-sim` says about itself and about mistakes on its command line."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.plant.people import PEOPLE
from simulator.plant.person_acts import ACTS


def run(*words: str):
    return CliRunner().invoke(cli, list(words))


@pytest.mark.parametrize("command", ["serve", "person", "cable", "trace"])
def test_every_command_explains_itself(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


def help_of(command: str) -> str:
    """The help without the white space that its layout puts even into words."""
    return "".join(run(command, "--help").output.split())


def test_the_help_names_every_foot_and_every_act():
    assert all(name in help_of("serve") for name in PEOPLE)
    assert all(act in help_of("person") for act in ACTS)


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--foot", "giant"),
        ("serve", "--person", "asleep"),
        ("serve", "--seed", "-1"),
        ("person", "dance"),
        ("cable", "cut"),
        ("trace",),
        ("nothing",),
    ],
)
def test_a_wrong_word_is_a_usage_error(words):
    assert run(*words).exit_code == 2


def test_a_trace_that_is_none_is_one_sentence(tmp_path):
    result = run("trace", str(tmp_path / "none.npz"))
    assert result.exit_code == 1
    assert result.output.startswith("podal-sim: cannot read the trace")


def test_help_loads_no_arithmetic():
    script = (
        "import sys, simulator.cli; "
        "sys.exit(any(name in sys.modules for name in ('numpy', 'serial')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
