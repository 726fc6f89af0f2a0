"""The commands that talk to a running Podal: status, start, stop."""

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import click

from api.commands.options import (
    ExitCode,
    fail,
    host_option,
    json_option,
    port_option,
    stop_port_option,
)
from api.http_client import Answer, NotServedError, call, stop_by_api, stop_by_lane
from api.sentences import (
    alarm_sentences,
    clamp_sentence,
    link_sentence,
    say,
    state_sentence,
    unloading_sentence,
)

NO_DEVICE_CODES: Final = frozenset({"no_device", "control_absent", "control_silent"})


def ask(host: str, port: int, method: str, path: str, body: Mapping[str, object] | None = None
        ) -> Answer:  # fmt: skip
    """Return what a running Podal answers; end the command with a sentence where none does."""
    try:
        return call(host, port, method, path, body)
    except NotServedError as error:
        fail(str(error))


@click.command()
@host_option
@port_option
@json_option
@click.pass_context
def status(ctx: click.Context, host: str, port: int, as_json: bool) -> None:
    """Show what the machine is doing.

    Exit code 3 without a device, 4 with a fault.
    """
    body = ask(host, port, "GET", "/api/v1/status").body
    if as_json:
        click.echo(json.dumps(body))
    else:
        for line in _status_lines(body):
            click.echo(line)
    state = (body.get("session") or {}).get("state")
    codes = {"no_device": ExitCode.NO_DEVICE, "fault": ExitCode.DEVICE_FAULT}
    ctx.exit(codes.get(str(state), ExitCode.OK))


def _status_lines(body: Mapping[str, Any]) -> list[str]:
    device, session = body.get("device") or {}, body.get("session") or {}
    lines = [state_sentence(body), *alarm_sentences(body)]
    if device.get("id") is not None:
        kind = say("device.simulated") if device.get("simulated") else say("device.real")
        lines.append(f"{kind}: {device['id']}, {device.get('state')}")
    if wire := link_sentence(body):
        lines.append(f"{say('label.link')}: {wire}")
    if session.get("remaining_s"):
        minutes, seconds = divmod(round(session["remaining_s"]), 60)
        lines.append(f"{session.get('routine')}: {minutes}:{seconds:02d} left")
    for side, bed in (body.get("beds") or {}).items():
        if bed.get("force_n") is not None:
            numbers = [_force(bed.get(key)) for key in ("force_n", "target_n", "limit_n")]
            lines.append("{}: {} now, target {}, limit {}".format(side, *numbers))
        lines += [f"  {clamp_sentence(clamp)}" for clamp in bed.get("clamps") or ()]
    if unloading := unloading_sentence(body):
        lines.append(unloading)
    if trouble := (body.get("black_box") or {}).get("trouble"):
        lines.append(say(f"box.{trouble}"))
    return lines


def _force(value_n: float | None) -> str:
    """Return a force as people read it; a load cell at rest reads a little below nothing."""
    return "-" if value_n is None else f"{max(value_n, 0.0):.1f} N"


def _a_number(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is not a number of minutes.")
    return value


@click.command()
@click.argument("routine")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True, max=60),
    callback=_a_number,
    help="Length.",
)
@click.option("--level", type=click.Choice(["gentle", "normal", "strong"]), default="normal")
@host_option
@port_option
@json_option
def start(
    routine: str,
    minutes: float | None,
    level: str,
    host: str,
    port: int,
    as_json: bool,
) -> None:
    """Ask for the massage ROUTINE; it begins after a human act at the machine."""
    wish = {"routine": routine, "minutes": minutes, "level": level}
    answer = ask(host, port, "POST", "/api/v1/session", wish)
    if as_json:
        click.echo(json.dumps(answer.body))
    if answer.status != 201:
        fail(f"{routine}: {answer.body.get('detail', answer.code)}", exit_code(answer))
    if not as_json:
        click.echo(say("cli.accepted"))


def exit_code(answer: Answer) -> ExitCode:
    """Return the exit code of a refused wish."""
    if answer.code in NO_DEVICE_CODES:
        return ExitCode.NO_DEVICE
    return ExitCode.DEVICE_FAULT if answer.code == "faulted" else ExitCode.FAILURE


@click.command()
@host_option
@port_option
def acknowledge(host: str, port: int) -> None:
    """Clear a fault after its cause is gone; a massage does not go on by itself."""
    answer = ask(host, port, "POST", "/api/v1/acknowledge")
    if answer.status != 200:
        fail(str(answer.body.get("detail", answer.code)), exit_code(answer))
    click.echo(say("cli.acknowledged"))


@click.command()
@host_option
@port_option
@stop_port_option
@json_option
def stop(host: str, port: int, stop_port: int, as_json: bool) -> None:
    """Stop the massage, by every way there is."""
    results = (stop_by_lane(host, stop_port), stop_by_api(host, port))
    if as_json:
        ways = {r.way: {"confirmed": r.confirmed, "took_ms": round(r.took_ms, 2)} for r in results}
        click.echo(json.dumps(ways))
    confirmed = [r for r in results if r.confirmed]
    if not confirmed:
        fail("Nobody confirmed the stop. Press the STOP button on the machine.")
    if not as_json:
        click.echo(f"Stopped; confirmed by the {confirmed[0].way} in {confirmed[0].took_ms:.0f} ms")
