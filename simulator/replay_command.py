"""`podal-sim replay`: what it prints, and the exit code."""

import json
from pathlib import Path
from typing import Final

import click

from simulator.errors import SimulatorError
from simulator.replay import Outcome, replay_file
from simulator.replay_case import write_case

REPRODUCED: Final = 0
DIFFERS: Final = 1
UNUSABLE: Final = 2


def replay_command(path: Path, *, as_json: bool, case: Path | None) -> int:
    """Run a black box again and say what that shows; return the exit code.

    Args:
        path: The black box.
        as_json: One line for programs.
        case: Where a pytest case of it goes, None nowhere.
    """
    try:
        outcome = replay_file(path)
        data = write_case(path, outcome, case) if case is not None else None
    except (SimulatorError, OSError) as error:
        why = f"{path}: {error.strerror}" if isinstance(error, OSError) else str(error)
        if as_json:
            click.echo(json.dumps({"file": str(path), "ok": False, "error": why}))
        else:
            click.echo(f"podal-sim: {why}", err=True)
        return UNUSABLE
    click.echo(json.dumps(as_table(path, outcome)) if as_json else in_words(outcome))
    if case is not None and data is not None and not as_json:
        click.echo(f"{case} replays it; its data is {data.name} beside it.")
    return REPRODUCED if outcome.difference is None else DIFFERS


def in_words(outcome: Outcome) -> str:
    """Return what a person reads."""
    head = outcome.head
    lines = [
        f"{', '.join(head.why) or 'nothing'} at {head.at}, recorded by Podal {head.podal}: "
        f"{head.before_s:g} s before it and {head.after_s:g} s after.",
        f"{outcome.turns} turns reproduced bit for bit."
        if outcome.difference is None
        else f"{outcome.turns} of {head.turns} turns reproduced; then {outcome.difference}.",
    ]
    if outcome.difference is not None and outcome.foreign:
        lines.append(f"The last bit may depend on that: {outcome.foreign}.")
    return "\n".join(lines)


def as_table(path: Path, outcome: Outcome) -> dict[str, object]:
    """Return what a program reads."""
    head, found = outcome.head, outcome.difference
    return {
        "file": str(path),
        "ok": found is None,
        "podal": head.podal,
        "at": head.at,
        "why": list(head.why),
        "turns": head.turns,
        "reproduced": outcome.turns,
        "difference": None
        if found is None
        else {"turn": found.turn, "at_s": found.at_s, "words": found.words},
        "arithmetic": {"recorded": head.arithmetic, "replayed": outcome.arithmetic},
    }
