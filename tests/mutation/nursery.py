"""Lets each mutant of one module grow up in a forked child, and sees whether the tests end it.

Runs in a copy of the tree. What does not depend on the module is imported once, before the forks;
the child imports the rest, with the mutant in the place of the module, and stops at the first
failure.
"""

import ast
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Final, TextIO

import hypothesis
import pytest

from tests.mutation.operators import mutants

PACKAGES: Final = ("firmware_bridge", "controller", "api", "simulator")
EXAMPLES: Final = 60
"""Of each property, always the same ones: what is killed today is killed tomorrow."""

WALL_S: Final = 120.0
"""Ends a child that waits for something; one that reckons for ever ends by its processor time."""

MEMORY_BYTES: Final = 2 << 30
OPTIONS: Final = (
    *("-x", "-s", "--tb=no", "--no-summary", "-pno:cacheprovider", "-pno:xdist"),
    *("-pno:unraisableexception", "-pno:threadexception"),  # each collects all garbage, twice
    "-Wignore::pytest.PytestAssertRewriteWarning",  # the libraries are imported already
)


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds one module in the code that it is given; everything else is found as ever."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self.name, self.path, self.code = name, path, code

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, _: str) -> CodeType:
        return self.code

    def get_source(self, _: str) -> str:
        return self.path.read_text("utf-8")


class Quickest:
    """Runs the tests in the order of the time they took on the sound module, and notes it."""

    def __init__(self, took_s: dict[str, float]) -> None:
        self.took_s = took_s
        self.found_s: dict[str, float] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.took_s.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.found_s[report.nodeid] = report.duration


def dependents(target: str) -> set[str]:
    """Return the modules of the project that import `target`, directly or by others, and itself."""
    imports: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in Path(package).rglob("*.py"):
            name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            imports[name] = set(_imported(ast.parse(path.read_text("utf-8"))))
    found = {target}
    while more := {name for name, named in imports.items() if named & found} - found:
        found |= more
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Import(names):
                yield from (alias.name for alias in names)


def run_tests(tests: list[str], *plugins: object) -> int:
    """Run `tests` in this process; returns what pytest returns."""
    hypothesis.settings.register_profile(
        "mutants",
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=tuple(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutants")
    return int(pytest.main([*OPTIONS, *tests], plugins=plugins))


def warm_up(target: str, tests: list[str], notes: Path) -> tuple[dict[str, float], float]:
    """Run the tests on the sound module, then import what no mutant of it can change.

    Returns:
        How long each test took, and the processor time of them all.

    Raises:
        SystemExit: The tests fail without any mutant.
    """

    child = os.fork()
    if not child:
        order = Quickest({})
        code = run_tests(tests, order)
        notes.write_text(json.dumps([order.found_s, sorted(sys.modules)]), "utf-8")
        os._exit(code)
    _, status, used = os.wait4(child, 0)
    if status:
        sys.exit(f"{target}: its tests fail on the sound module; run: pytest {' '.join(tests)}")
    took_s, modules = json.loads(notes.read_text("utf-8"))
    changed = dependents(target)
    for name in modules:
        if name not in changed and not name.startswith(("tests", "test_", "__", "conftest")):
            try:
                importlib.import_module(name)
            except ImportError:
                continue  # something that a library makes up as it goes
    return took_s, used.ru_utime + used.ru_stime


class Nursery:
    """Forks at the moment when pytest is ready to collect; each child goes on with its mutant."""

    def __init__(self, target: str, only: list[int], at_once: int, told: TextIO) -> None:
        self.target, self.at_once, self.told = target, at_once, told
        self.path = Path(*target.split(".")).with_suffix(".py").resolve()
        source = self.path.read_text("utf-8")
        self.tree = ast.parse(source)
        self.mutants = mutants(self.tree, source)
        self.chosen = only or list(range(len(self.mutants)))
        self.cpu_s = 0.0
        self.growing: dict[int, tuple[int, float]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        gc.freeze()
        for index in self.chosen:
            while len(self.growing) >= self.at_once:
                self.report()
            child = os.fork()
            if not child:
                self.become(index)
                return
            self.growing[child] = index, time.monotonic() + WALL_S
        while self.growing:
            self.report()
        os._exit(0)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.end_if(report.failed)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.end_if(report.failed)

    def end_if(self, noticed: bool) -> None:
        """End the child as soon as its mutant is noticed."""
        if noticed:
            os._exit(1)

    def become(self, index: int) -> None:
        """Put the mutant in the place of the module; what imports it from now on gets that."""
        cpu_s = round(5.0 + 5.0 * self.cpu_s)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        self.mutants[index].apply()
        code = compile(self.tree, str(self.path), "exec")
        sys.meta_path.insert(0, Mutated(self.target, self.path, code))

    def report(self) -> None:
        """Wait for one child, and say what became of it."""
        index, fate = self.wait_for_one()
        words = {"index": index, "fate": fate, **self.mutants[index].words()}
        print(json.dumps(words), file=self.told, flush=True)

    def wait_for_one(self) -> tuple[int, str]:
        """Return the index of the next mutant that is done, and its fate."""
        while True:
            for child, (index, until_s) in self.growing.items():
                done, status = os.waitpid(child, os.WNOHANG)
                late = not done and time.monotonic() > until_s
                if late:
                    os.kill(child, signal.SIGKILL)
                    _, status = os.waitpid(child, 0)
                if done or late:
                    del self.growing[child]
                    return index, fate_of(status)
            time.sleep(0.005)


def fate_of(status: int) -> str:
    """Return what a child's end means; the kernel ends one whose processor time is used up."""
    if os.WIFSIGNALED(status):
        slow = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)
        return "too slow" if slow else "crashed"
    return "survived" if os.WEXITSTATUS(status) == 0 else "killed"


def main() -> int:
    """Arguments: module, how many at once, file for notes, indices or "", tests."""
    target, at_once, notes, only, *tests = sys.argv[1:]
    told = os.fdopen(os.dup(1), "w")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    nursery = Nursery(target, [int(i) for i in only.split(",") if i], int(at_once), told)
    try:
        took_s, nursery.cpu_s = warm_up(target, tests, Path(notes))
    except SystemExit as why:
        print(json.dumps({"broken": str(why)}), file=told, flush=True)
        return 1
    print(json.dumps({"total": len(nursery.chosen)}), file=told, flush=True)
    return int(bool(run_tests(tests, nursery, Quickest(took_s))))


if __name__ == "__main__":
    sys.exit(main())
