"""What every test is held to: nothing left running, nothing left open."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
RECORDINGS = Path(os.environ.get("PODAL_DATA", PROJECT.parent / "shared" / "data"))


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
