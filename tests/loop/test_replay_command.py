"""`podal-sim replay`: says what a black box shows, and makes a pytest case of it."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from controller.box_file import box_bytes, parse_box
from controller.request import Stop
from simulator.cli import cli
from simulator.device import SHAPE, Device
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.taped import TapedRehearsal


@pytest.fixture(scope="module")
def data() -> bytes:
    device = Device(synthetic_feet(PEOPLE["adult"], SHAPE, seed=1), seed=1, auto=True)
    rehearsal = TapedRehearsal(device, seed=1)
    rehearsal.run(2.0)
    rehearsal.turn(Stop())
    rehearsal.run(0.5)
    rehearsal.want("asked")
    return rehearsal.black_box()


@pytest.fixture
def box(data, tmp_path):
    path = tmp_path / "found.podalbox"
    path.write_bytes(data)
    return path


@pytest.fixture
def changed(data, tmp_path):
    """The same box with one byte of a HELLO changed, and a check sum that is right."""
    head, recording = parse_box(data, "box")
    entries = list(recording.entries)
    number = next(i for i, entry in enumerate(entries) if entry.messages)
    message = bytearray(entries[number].messages[0])
    message[-3] ^= 1
    entries[number] = entries[number]._replace(messages=(bytes(message),))
    path = tmp_path / "changed.podalbox"
    path.write_bytes(box_bytes(head, recording._replace(entries=tuple(entries))))
    return path, number + 1


def run(*words: object):
    return CliRunner().invoke(cli, ["replay", *map(str, words)])


@pytest.mark.slow
def test_it_says_how_many_turns_were_reproduced(box, data) -> None:
    head, _ = parse_box(data, "box")
    found = run(box)
    assert found.exit_code == 0, found.output
    assert f"{head.turns} turns reproduced bit for bit." in found.output
    table = json.loads(run(box, "--json").output)
    assert table["ok"]
    assert table["reproduced"] == table["turns"] == head.turns
    assert table["why"] == ["asked"]


def test_it_names_the_first_turn_that_differs(changed) -> None:
    path, turn = changed
    found = run(path)
    assert found.exit_code == 1
    assert f"{turn - 1} of" in found.output
    assert f"then turn {turn}, " in found.output
    assert "sends Hello, it was damaged bytes" in found.output
    table = json.loads(run(path, "--json").output)
    assert not table["ok"]
    assert table["difference"]["turn"] == turn


def test_what_is_no_black_box_is_told_in_one_line(tmp_path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("something else")
    for name in (path, tmp_path / "missing"):
        found = run(name)
        assert found.exit_code == 2
        assert found.output.count("\n") == 1
        assert json.loads(run(name, "--json").output)["ok"] is False


@pytest.mark.slow
def test_the_pytest_case_passes_elsewhere_with_nothing_but_its_data(box, tmp_path) -> None:
    case = tmp_path / "test_found.py"
    assert run(box, "--pytest", case).exit_code == 0
    box.unlink()
    found = pytest_of(case)
    assert found.returncode == 0, found.stdout
    assert "1 passed" in found.stdout


@pytest.mark.slow
def test_the_pytest_case_of_a_box_that_differs_fails_and_says_where(changed, tmp_path) -> None:
    path, turn = changed
    case = tmp_path / "test_changed.py"
    assert run(path, "--pytest", case).exit_code == 1
    found = pytest_of(case)
    assert found.returncode == 1
    assert f"turn {turn}, " in found.stdout


def test_no_file_is_written_over(box, tmp_path) -> None:
    case = tmp_path / "test_found.py"
    case.write_text("# mine")
    found = run(box, "--pytest", case)
    assert found.exit_code == 2
    assert "is there already" in found.output
    assert case.read_text() == "# mine"


@pytest.mark.slow
def test_what_a_box_says_about_itself_cannot_become_a_program(data, tmp_path) -> None:
    head, recording = parse_box(data, "box")
    for text in ('"""\nimport os\n"""', "'); boom(", "$turns", "x\\"):
        evil = tmp_path / "evil.podalbox"
        told = {"podal": text, "at": text, "why": (text,)}
        fields = {name: getattr(head, name) for name in head.__dataclass_fields__} | told
        evil.write_bytes(box_bytes(type(head)(**fields), recording))
        case = tmp_path / f"test_evil_{abs(hash(text))}.py"
        assert run(evil, "--pytest", case).exit_code == 0
        tree = compile(case.read_text(), "case", "exec")
        assert set(tree.co_names) <= {
            "__doc__", "pathlib", "Path", "simulator.replay", "replay_file", "__file__",
            "with_name", "BOX", next(name for name in tree.co_names if name.startswith("test_")),
        }  # fmt: skip


def pytest_of(case) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(case)],
        cwd=case.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_a_run_of_the_campaign_leaves_a_box_by_name_and_the_same_run_the_same_box(tmp_path) -> None:
    paths = []
    for _ in range(2):
        device = Device(synthetic_feet(PEOPLE["adult"], SHAPE, seed=2), seed=2, auto=True)
        rehearsal = TapedRehearsal(device, seed=2)
        rehearsal.run(1.0)
        paths.append(rehearsal.keep(tmp_path / "found", "force-limit"))
    assert paths[0] == paths[1]
    assert paths[0].name.startswith("force-limit-")
    assert run(paths[0]).exit_code == 0
