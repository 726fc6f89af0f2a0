"""`podal doctor`."""

import json
from pathlib import Path

import click

from api.commands.options import (
    ExitCode,
    host_option,
    json_option,
    port_option,
    socket_option,
    stop_port_option,
)
from api.doctor import Level, examine
from api.listeners import default_socket_path


@click.command()
@host_option
@port_option
@stop_port_option
@socket_option
@json_option
@click.pass_context
def doctor(
    ctx: click.Context,
    host: str,
    port: int,
    stop_port: int,
    socket_path: Path | None,
    as_json: bool,
) -> None:
    """Check this computer, and say what to do next."""
    found = examine(host, port, stop_port, socket_path or default_socket_path(port))
    for finding in found:
        if as_json:
            click.echo(json.dumps(finding.as_dict()))
        else:
            click.echo(str(finding))
    ctx.exit(ExitCode.FAILURE if any(f.level is Level.PROBLEM for f in found) else ExitCode.OK)
