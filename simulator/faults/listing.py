"""The registry of faults as people and programs read it."""

import json

from simulator.faults.hazards import NOT_SERVED
from simulator.faults.registry import ROWS, Row


def as_table() -> str:
    """Return the list for people."""
    lines = [
        _heading(row, before) + _line(row) for row, before in zip(ROWS, (None, *ROWS), strict=False)
    ]
    return "".join(lines) + (
        "\ncomponent.instance=kind[,value][@time][for duration], joined by ;\n"
        "times are such as 1.5s or 200ms; without @time now, without a duration for good\n"
    )


def as_text() -> str:
    """Return the list for programs."""
    faults = [
        {
            "component": row.component,
            "instances": list(row.instances),
            "kind": row.kind,
            "value": row.value,
            "default": row.default,
            "hazards": list(row.hazards),
            "what": row.what,
        }
        for row in ROWS
    ]
    return json.dumps({"faults": faults, "not_served": dict(NOT_SERVED)}, indent=2) + "\n"


def _heading(row: Row, before: Row | None) -> str:
    if before is not None and (before.component, before.instances) == (
        row.component,
        row.instances,
    ):
        return ""
    return f"\n{row.component}: {', '.join(row.instances)}\n"


def _line(row: Row) -> str:
    value = f" [{row.value}; {row.default or 'none'}]" if row.value else ""
    return f"  {row.kind:<13} {','.join(row.hazards):<10} {row.what}{value}\n"
