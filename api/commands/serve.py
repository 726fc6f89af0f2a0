"""`podal serve`: the API process."""

from pathlib import Path

import click

from api.commands.options import (
    ExitCode,
    alive_option,
    fail,
    host_option,
    listen_option,
    listener_from,
    port_option,
    socket_option,
)
from api.errors import ApiError
from api.listeners import default_socket_path, listen
from api.server import serve as serve_api
from api.supervise import end_with_supervisor
from api.version import podal_version


@click.command()
@host_option
@port_option
@socket_option
@listen_option
@alive_option
@click.pass_context
def serve(
    ctx: click.Context,
    host: str,
    port: int,
    socket_path: Path | None,
    listen_fd: int | None,
    alive_fd: int | None,
) -> None:
    """Run the API and the phone page alone."""
    try:
        listener = (
            listen(host, port, option="--port") if listen_fd is None else listener_from(listen_fd)
        )
    except ApiError as error:
        fail(str(error))
    end_with_supervisor(alive_fd)
    if listen_fd is None:
        click.echo(f"The API is at http://{host}:{port}")
    path = socket_path or default_socket_path(port)
    serve_api(listener, host=host, control_socket=path, version=podal_version())
    ctx.exit(ExitCode.OK)
