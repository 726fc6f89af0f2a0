"""Which protective checks there are, counted from the code itself: a new one needs a row.

Of the device every place that gives a trip or a refusal; of the host every cause, every clause of
the permission, every source of a cap, every clamp of the governor; of the wire every counter of
what was dropped, and every reason not to work with a device. Clamps and ramps that have no name in
the code, such as those of the force loop, cannot be counted and stand in `checks.toml` by hand.
"""

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Final

from controller.caps import Source
from controller.failsafe import CAUSES
from firmware_bridge import errors
from firmware_bridge.framing import FramingStats
from firmware_bridge.statistics import LinkStats
from simulator.firmware.firmware import LinkCounts

ROOT: Final = Path(__file__).resolve().parents[2]
FIRMWARE: Final = ROOT / "simulator" / "firmware"
TABLES: Final = ("hazards.py", "states.py")
"""They say what follows a trip, and make none."""

CODE: Final = re.compile(r"[a-z][a-z_]+")
GOVERNOR: Final = ("_trip", "_felt_too_much", "_limit", "_force", "_doubt")
NOT_DROPPED: Final = (
    *("frames", "age_us", "age_max_us", "sessions", "gaps", "naks", "round_trips"),
    *("accepted", "skipped_bytes"),
)
"""Counters of a link and its framing that count no message dropped."""


@functools.cache
def checks() -> tuple[str, ...]:
    """Return a name for each check that the code can be asked about."""
    return (
        *(f"trip {site}" for site in device_sites("Trip")),
        *(f"refusal {site}" for site in device_sites("Refusal")),
        *(f"cause {code}" for code in CAUSES),
        *(f"permission {code}" for _, code in _codes("controller/permission.py")),
        *(f"governor {site}" for site in _governor_sites()),
        *(f"cap {source.value}" for source in Source),
        *(f"link {name}" for name in errors_of(errors.RefusedError)),
        *(f"host drops {name}" for name in _counters(LinkStats)),
        *(f"host drops {name}" for name in _counters(FramingStats)),
        *(f"device drops {name}" for name in LinkCounts.__slots__),
        *(f"device drops {name}" for name in _counters(FramingStats)),
    )


def device_sites(enum: str) -> list[str]:
    """Return MODULE.FUNCTION NAME for each member of `enum` that some code of the device gives."""
    found: dict[str, None] = {}
    for path in sorted(FIRMWARE.glob("*.py")):
        if path.name in TABLES:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for where, node in _functions(tree, path.stem):
            found |= dict.fromkeys(f"{where} {name}" for name in sorted(_given(node, enum)))
    return list(found)


def _functions(node: ast.AST, where: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{where}.{child.name}")
        elif isinstance(child, ast.FunctionDef):
            yield f"{where}.{child.name}", child


def _given(function: ast.AST, enum: str) -> set[str]:
    """Return which members a function gives; one that it only compares with is none of them."""
    found: set[str] = set()

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.Compare):
            return
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.update([node.attr] if node.value.id == enum and node.attr != "NONE" else [])
        for child in ast.iter_child_nodes(node):
            look(child)

    look(function)
    return found


def _governor_sites() -> list[str]:
    """Return FUNCTION CODE for each clamp and trip of the governor."""
    sites = _codes("controller/governor.py")
    return [f"{function} {code}" for function, code in sites if function in GOVERNOR]


def _codes(path: str) -> list[tuple[str, str]]:
    """Return which codes the functions of a module give, each with its function."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found: dict[tuple[str, str], None] = {}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for part in ast.walk(node):
            text = part.value if isinstance(part, ast.Constant) else None
            if isinstance(text, str) and CODE.fullmatch(text):
                found[node.name, text] = None
    return list(found)


def _counters(cls: type) -> list[str]:
    return [field.name for field in fields(cls) if field.name not in NOT_DROPPED]


def errors_of(base: type) -> list[str]:
    """Return the names of all kinds of `base`."""
    return sorted(cls.__name__ for cls in base.__subclasses__())
