"""The commands about the machine itself."""

import click

from api.commands.options import fail, host_option, port_option
from api.commands.talk import ask, exit_code
from api.sentences import say


@click.group()
def device() -> None:
    """Say which machine Podal works with."""


@device.command()
@click.argument("device_id", required=False)
@host_option
@port_option
def accept(device_id: str | None, host: str, port: int) -> None:
    """Work with the machine that is connected now instead of the one before.

    With DEVICE_ID only if it is this very one. What was agreed with the machine before is void.
    """
    answer = ask(host, port, "POST", "/api/v1/device/accept", {"device_id": device_id})
    if answer.status != 200:
        fail(str(answer.body.get("detail", answer.code)), exit_code(answer))
    click.echo(say("cli.device_accepted"))
