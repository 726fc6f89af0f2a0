"""`podal run`: control, API and stop lane, supervised."""

import socket
from pathlib import Path

import click

from api.commands.options import (
    ExitCode,
    device_option,
    fail,
    host_option,
    port_option,
    socket_option,
    state_option,
    stop_port_option,
)
from api.errors import ApiError
from api.http_client import is_podal
from api.listeners import control_answers, default_socket_path, listen, prepare_socket_folder
from api.supervise import Child, Supervisor


@click.command()
@device_option
@host_option
@port_option
@stop_port_option
@socket_option
@state_option
@click.pass_context
def run(
    ctx: click.Context,
    device: str,
    host: str,
    port: int,
    stop_port: int,
    socket_path: Path | None,
    state_folder: Path | None,
) -> None:
    """Run Podal: control, API and stop lane, supervised.

    Ends with Ctrl-C. A machine that is not there yet, or goes away, is waited for.
    """
    if device != "auto" and not Path(device).exists():
        sentence = f"There is no device {device}: plug the machine in, or use --device auto."
        fail(sentence, ExitCode.NO_DEVICE)
    path = socket_path or default_socket_path(port)
    try:
        prepare_socket_folder(path)
        _refuse_second_control(path)
        with (
            listen(host, port, option="--port") as api_listener,
            listen(host, stop_port, option="--stop-port") as stop_listener,
        ):
            memory = ("--state", str(state_folder)) if state_folder else ()
            control = Child("control", ("--device", device, "--socket", str(path), *memory))
            children = (control, *_faces(host, path, api_listener, stop_listener))
            ctx.exit(_supervisor(children, host, port).run())
    except ApiError as error:
        fail(str(error))


def _refuse_second_control(path: Path) -> None:
    if control_answers(path):
        fail(f"A control process already answers on {path}: end that Podal first.")


def _faces(host: str, path: Path, api: socket.socket, stop: socket.socket) -> tuple[Child, ...]:
    """Return API and stop lane; each listens on a port the supervisor keeps open."""
    shared = ("--socket", str(path))
    api_fd, stop_fd = api.fileno(), stop.fileno()
    return (
        Child("serve", ("--host", host, *shared, "--listen-fd", str(api_fd)), (api_fd,)),
        Child("stop-lane", (*shared, "--listen-fd", str(stop_fd)), (stop_fd,)),
    )


def _supervisor(children: tuple[Child, ...], host: str, port: int) -> Supervisor:
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return Supervisor(
        children,
        is_ready=lambda: is_podal(host, port),
        on_ready=lambda: click.echo(f"Podal is at {address} - Ctrl-C ends it."),
        warn=lambda sentence: click.echo(sentence, err=True),
    )
