"""Options and exit codes the commands share."""

import socket
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from api.listeners import is_loopback


class ExitCode(IntEnum):
    """What a command tells the shell; click itself uses 2 for wrong usage."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NO_DEVICE = 3
    DEVICE_FAULT = 4
    INTERRUPTED = 130


Command = TypeVar("Command", bound=Callable[..., Any])

PORT = click.IntRange(1, 65535)


def _loopback(_: click.Context, __: click.Parameter, host: str) -> str:
    if not is_loopback(host):
        raise click.BadParameter(
            f"{host} is not an address of this machine alone; Podal has no pairing yet, "
            "so it serves 127.0.0.1, ::1 or localhost."
        )
    return host


def host_option(command: Command) -> Command:
    """Add --host."""
    return click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        callback=_loopback,
        help="Address of this machine.",
    )(command)


def port_option(command: Command) -> Command:
    """Add --port."""
    return click.option(
        "--port", type=PORT, default=8420, show_default=True, help="Port of the API and the page."
    )(command)


def stop_port_option(command: Command) -> Command:
    """Add --stop-port."""
    return click.option(
        "--stop-port", type=PORT, default=8421, show_default=True, help="Port of the stop lane."
    )(command)


def device_option(command: Command) -> Command:
    """Add --device."""
    return click.option(
        "--device",
        default="auto",
        show_default=True,
        metavar="auto|PATH",
        help="Serial port of the machine.",
    )(command)


def socket_option(command: Command) -> Command:
    """Add --socket."""
    return click.option(
        "--socket",
        "socket_path",
        type=click.Path(path_type=Path, dir_okay=False),
        default=None,
        help="Local socket of the control process.  [default: private to this user]",
    )(command)


def state_option(command: Command) -> Command:
    """Add --state."""
    return click.option(
        "--state",
        "state_folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=None,
        help="Folder where the machine worked with is remembered; a second Podal needs its own.  "
        "[default: ~/.local/state/podal]",
    )(command)


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def fail(sentence: str, code: ExitCode = ExitCode.FAILURE) -> NoReturn:
    """End the command with one sentence and an exit code."""
    click.echo(f"podal: {sentence}", err=True)
    raise click.exceptions.Exit(code)


def listener_from(descriptor: int) -> socket.socket:
    """Return the listening socket a supervisor passed down."""
    return socket.socket(fileno=descriptor)


alive_option = click.option("--alive-fd", type=int, default=None, hidden=True)
listen_option = click.option("--listen-fd", type=int, default=None, hidden=True)
