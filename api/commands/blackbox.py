"""The command about black boxes: what is kept of the stops and faults so far."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from api.commands.options import fail, json_option, state_option
from api.sentences import catalogue, say
from api.state_folder import default_state_folder
from controller.black_box import FOLDER
from controller.box_file import BadBoxError, Head, boxes_in, read_head


@click.group()
def blackbox() -> None:
    """List what was kept of stops and faults."""


@blackbox.command("list")
@state_option
@json_option
def list_boxes(state_folder: Path | None, as_json: bool) -> None:
    """List the black boxes, newest first: when, why, how large, where."""
    folder = state_folder or default_state_folder()
    try:
        boxes = boxes_in(folder / FOLDER) if folder is not None else []
        rows = [(path, path.stat().st_size, _head(path)) for path in boxes]
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}.")
    for path, size, head in rows:
        click.echo(json.dumps(_table(path, size, head)) if as_json else _words(path, size, head))
    if not rows and not as_json:
        click.echo(say("box.none"))


def _head(path: Path) -> Head | None:
    """Return what a box says about itself, None where it cannot be read as one."""
    try:
        return read_head(path)
    except BadBoxError:
        return None


def _words(path: Path, size: int, head: Head | None) -> str:
    why = say("box.damaged") if head is None else " ".join(_why(code) for code in head.why)
    when = f"{_local(head.at)}  " if head is not None else ""
    return f"{when}{why}  ({size / 1e6:.1f} MB)\n  {path}"


def _why(code: str) -> str:
    """Return why the box was kept, in a sentence; the same as the page says it."""
    texts = catalogue()
    return texts.get(f"reason.{code}") or texts.get(f"box.{code}") or say("reason.other", code=code)


def _local(at: str) -> str:
    """Return a time of the file as the clock on the wall here has shown it."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):
        return at


def _table(path: Path, size: int, head: Head | None) -> dict[str, Any]:
    table: dict[str, Any] = {"path": str(path), "bytes": size, "readable": head is not None}
    if head is not None:
        table |= {name: getattr(head, name) for name in head.__dataclass_fields__}
    return table
