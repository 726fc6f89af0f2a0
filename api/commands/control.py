"""`podal control`: the process that owns the serial port and the loop."""

from pathlib import Path

import click

from api.commands.options import (
    alive_option,
    device_option,
    fail,
    socket_option,
    state_option,
)
from api.errors import ApiError
from api.listeners import default_socket_path, prepare_socket_folder
from api.state_folder import default_state_folder
from api.supervise import end_with_supervisor
from api.version import podal_version
from controller.control import main
from controller.errors import ControllerError


@click.command()
@device_option
@socket_option
@state_option
@alive_option
@click.pass_context
def control(
    ctx: click.Context,
    device: str,
    socket_path: Path | None,
    state_folder: Path | None,
    alive_fd: int | None,
) -> None:
    """Run the control process alone."""
    path = socket_path or default_socket_path(8420)
    try:
        prepare_socket_folder(path)
    except ApiError as error:
        fail(str(error))
    end_with_supervisor(alive_fd)
    try:
        folder = state_folder or default_state_folder()
        ctx.exit(main(device, path, podal_version(), state_folder=folder))
    except ControllerError as error:
        fail(f"{error}.")
