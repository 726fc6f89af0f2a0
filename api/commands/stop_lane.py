"""`podal stop-lane`: STOP in a process of its own."""

import signal
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from api.commands.options import (
    ExitCode,
    alive_option,
    fail,
    host_option,
    listen_option,
    listener_from,
    socket_option,
    stop_port_option,
)
from api.errors import ApiError
from api.listeners import default_socket_path, listen
from api.stop_lane import serve_stop_lane
from api.supervise import end_with_supervisor


@click.command("stop-lane")
@host_option
@stop_port_option
@socket_option
@listen_option
@alive_option
def stop_lane(
    host: str,
    stop_port: int,
    socket_path: Path | None,
    listen_fd: int | None,
    alive_fd: int | None,
) -> None:
    """Run the stop lane alone."""
    try:
        listener = (
            listen(host, stop_port, option="--stop-port")
            if listen_fd is None
            else listener_from(listen_fd)
        )
    except ApiError as error:
        fail(str(error))
    end_with_supervisor(alive_fd)
    signal.signal(signal.SIGTERM, _leave)
    serve_stop_lane(listener, socket_path or default_socket_path(8420))


def _leave(_: int, __: FrameType | None) -> NoReturn:
    raise SystemExit(ExitCode.OK)
