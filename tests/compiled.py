"""Compiles the hot modules of the simulated device into a copied tree, by mypyc.

`python -m tests.compiled` (or `make compiled`) makes `build/compiled`: the same sources, with a
compiled module beside each of the hot ones, used by PYTHONPATH=build/compiled. The plain sources
stay what is tested and shipped; nothing compiled is ever written beside them.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
TARGET: Final = ROOT / "build" / "compiled"
COPIED: Final = ("firmware_bridge", "controller", "api", "simulator", "tests", "docs")
HOT: Final = (
    "simulator/wires.py",
    "simulator/plant/bed.py",
    "simulator/plant/tissue.py",
    "simulator/plant/panel.py",
    "simulator/firmware/head.py",
    "simulator/firmware/watch.py",
    "simulator/firmware/dwell.py",
    "simulator/firmware/loads.py",
    "simulator/firmware/masks.py",
    "simulator/firmware/machine.py",
    "simulator/firmware/firmware.py",
    "simulator/device.py",
    "firmware_bridge/framing.py",
)
"""Where the time of a millisecond goes: plain numbers in slots, which is what mypyc is good at."""


def why_not() -> str:
    """Return why nothing can be compiled here, "" where it can."""
    if shutil.which(os.environ.get("CC", "cc")) is None:
        return "no C compiler"
    for module in ("mypyc", "setuptools"):
        done = subprocess.run([sys.executable, "-c", f"import {module}"], check=False)
        if done.returncode:
            return f"no {module}"
    return ""


def build(target: Path = TARGET) -> Path:
    """Copy the tree and compile the hot modules in it; returns `target`.

    Raises:
        RuntimeError: A module does not compile; the text is the compiler's.
    """
    shutil.rmtree(target, ignore_errors=True)
    leave = shutil.ignore_patterns("__pycache__", "*.so", "browser")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, target / folder, ignore=leave)
    # No pyproject.toml beside the sources: setuptools would read it as its own.
    # A fused multiply-add rounds once where Python rounds twice: the last bit would differ.
    flags = f"{os.environ.get('CFLAGS', '')} -ffp-contract=off".strip()
    done = subprocess.run(
        [sys.executable, "-m", "mypyc", *HOT],
        cwd=target,
        env={**os.environ, "CFLAGS": flags, "PYTHONPATH": str(target), "MYPYPATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    shutil.rmtree(target / "build")
    return target


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.compiled", description=__doc__)
    parser.add_argument("--target", type=Path, default=TARGET)
    target = parser.parse_args().target
    why = why_not()
    if why:
        print(f"cannot compile here: {why}", file=sys.stderr)
        return 1
    build(target)
    print(f"compiled {len(HOT)} modules into {target}; use them by PYTHONPATH={target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
