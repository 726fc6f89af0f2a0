"""The commands that show data: the routine library and the limits."""

import json
from collections.abc import Mapping
from dataclasses import asdict

import click

from api.commands.options import ExitCode, fail, json_option
from controller.errors import ControllerError, UnknownRoutineError
from controller.limits import load_limits
from controller.routine import Routine, find_routine, load_library, plan


@click.group()
def routine() -> None:
    """List and show the routines."""


@routine.command("list")
@json_option
def list_routines(as_json: bool) -> None:
    """List the routines: id, length, title."""
    for found in _library().values():
        if as_json:
            click.echo(json.dumps(asdict(found), ensure_ascii=False))
        else:
            length = f"{found.minutes_default:g} min ({found.minutes_min:g}-{found.minutes_max:g})"
            click.echo(f"{found.id:24}  {length:16}  {found.title['en']}")


@routine.command("show")
@click.argument("routine_id", metavar="ROUTINE")
@json_option
def show_routine(routine_id: str, as_json: bool) -> None:
    """Show the strokes of one routine, in order."""
    try:
        found = find_routine(_library(), routine_id)
    except UnknownRoutineError as error:
        fail(f"{str(error).capitalize()}.")
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    click.echo(f"{found.title['en']} ({found.minutes_default:g} min)")
    for step in plan(found, None):
        at_s, lasts_s = round(step.starts_us / 1e6), round(step.lasts_us / 1e6)
        when = f"{at_s // 60}:{at_s % 60:02d}"
        click.echo(f"{when:>6}  {lasts_s:>4} s  {step.foot.value:5}  {step.stroke.title['en']}")


def _library() -> Mapping[str, Routine]:

    try:
        return load_library()
    except ControllerError as error:
        fail(f"{error}. Restore the file from the distribution.")


@click.group()
def limits() -> None:
    """Show the force limits in force."""


@limits.command("show")
@json_option
@click.pass_context
def show_limits(ctx: click.Context, as_json: bool) -> None:
    """Show force [N], pressure [kPa] and holding time [s] of each region of the sole."""
    try:
        found = load_limits()
    except ControllerError as error:
        fail(f"{error}. Restore the file from the distribution.")
    if as_json:
        click.echo(json.dumps({name: asdict(row) for name, row in found.regions.items()}))
        ctx.exit(ExitCode.OK)
    columns = ("start_n", "normal_n", "user_max_n", "hard_n", "user_kpa", "hard_kpa", "hold_s")
    click.echo(f"{'region':22}" + "".join(f"{name:>12}" for name in columns))
    for name, row in found.regions.items():
        values = asdict(row)
        click.echo(f"{name:22}" + "".join(f"{values[column]:>12g}" for column in columns))
    click.echo("Proposed by Podal; unconfirmed on hardware and on people.")
