"""What every test is held to: nothing left running, nothing left open."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.drawing import EVERY, drawn

PROJECT = Path(__file__).resolve().parent.parent
RECORDINGS = Path(os.environ.get("PODAL_DATA", PROJECT.parent / "shared" / "data"))

TOGETHER = {
    "tests/loop/test_evening.py": "evening",
    "tests/integration/test_black_box.py": "massages",
    "tests/integration/test_stack.py": "massages",
    "tests/integration/test_stalls.py": "massages",
    "tests/integration/test_stopped_processes.py": "massages",
    "tests/drills/test_real_drills.py": "massages",
    "tests/integration/api/test_http.py": "servers",
    "tests/integration/api/test_live.py": "servers",
    "tests/integration/api/test_stop.py": "servers",
}
"""Files whose tests one worker runs, one after another: they share a run or servers, or press in
real time, which two may not at once on two cores."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--draw",
        metavar="SEED",
        default="0",
        help=f"which cases of the drawn grids run (default: the same ones; {EVERY!r}: all)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Hear which cases to draw: all workers must collect the same ones."""
    config.option.draw = getattr(config, "workerinput", {}).get("draw", config.option.draw)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_configure_node(node: Any) -> None:
    """Tell a worker which cases to draw."""
    node.workerinput["draw"] = node.config.option.draw


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which cases were drawn."""
    terminalreporter.write_line(f"drawn cases: --draw {terminalreporter.config.option.draw}")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which mutants are run without
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep together what TOGETHER names.

    Marks would say it where it belongs; pytest-xdist 3.8 loses them with pytest 9.2
    (https://github.com/pytest-dev/pytest-xdist/issues/1386).
    """
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER.get(nodeid.partition("::")[0], nodeid)

    return Scheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(trylast=True)  # of what -k and -m have left
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of each test marked `drawn` keep the cases of this run."""
    grids: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("drawn"):
            grids.setdefault(item.nodeid.partition("[")[0], []).append(item)
    left_out: set[pytest.Item] = set()
    for name, cases in grids.items():
        count, by = _draw(cases[0])
        kinds = [(name, *(case.callspec.params[each] for each in by)) for case in cases]
        kept = drawn(kinds, count, config.option.draw)
        left_out |= {case for position, case in enumerate(cases) if position not in kept}
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


def _draw(item: pytest.Item) -> tuple[int, tuple[str, ...]]:
    """How many cases of each kind a run takes, and which arguments say of what kind a case is."""
    mark = item.get_closest_marker("drawn")
    assert mark is not None
    (count,) = mark.args
    return count, mark.kwargs.get("of_each", ())


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.is_alive()}


def _children() -> set[int]:
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            found |= {int(pid) for pid in (task / "children").read_text().split()}
        except FileNotFoundError:
            continue
    return found


def _open_ports() -> set[str]:
    """Sockets, ttys and pipes this process holds, by what the kernel calls them."""
    found: set[str] = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue
        if target.startswith(("socket:", "/dev/pts/", "/dev/ptmx", "/dev/tty")):
            found.add(f"{entry.name} {target}")
    return found


@pytest.fixture(scope="session", autouse=True)
def nobody_is_known_at_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the machine of whoever runs the tests out of them, and theirs out of its memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("STATE_DIRECTORY", raising=False)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def nothing_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a child process, a socket or a tty behind."""
    if not Path("/proc/self/fd").is_dir():
        yield
        return
    before = _threads(), _children(), _open_ports()
    yield
    left = [
        sorted(map(str, after - was))
        for after, was in zip((_threads(), _children(), _open_ports()), before, strict=True)
    ]
    names = ("threads", "child processes", "ports")
    problems = [
        f"{name}: {', '.join(items)}" for name, items in zip(names, left, strict=True) if items
    ]
    if problems and request.node.get_closest_marker("browser") is None:
        pytest.fail(f"left behind: {'; '.join(problems)}")


@pytest.fixture
def recordings() -> Path:
    """The folder of real recordings; they are not part of the project."""
    if not RECORDINGS.is_dir():
        pytest.skip(f"needs the real recordings in {RECORDINGS} (or where PODAL_DATA points)")
    return RECORDINGS
