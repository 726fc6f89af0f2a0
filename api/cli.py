"""The command line: names, options and exit codes; each command's work is imported when run."""

import errno
import importlib
import os
import sys
from typing import Final

import click

COMMANDS: Final = {
    "run": ("api.commands.run:run", "Run Podal: control, API and stop lane, supervised."),
    "control": ("api.commands.control:control", "Run the control process alone."),
    "serve": ("api.commands.serve:serve", "Run the API and the phone page alone."),
    "stop-lane": ("api.commands.stop_lane:stop_lane", "Run the stop lane alone."),
    "status": ("api.commands.talk:status", "Show what the machine is doing."),
    "start": ("api.commands.talk:start", "Ask for a massage."),
    "stop": ("api.commands.talk:stop", "Stop the massage, by every way there is."),
    "acknowledge": ("api.commands.talk:acknowledge", "Clear a fault whose cause is gone."),
    "device": ("api.commands.device:device", "Accept another machine than before."),
    "routine": ("api.commands.data:routine", "List and show the routines."),
    "limits": ("api.commands.data:limits", "Show the force limits in force."),
    "blackbox": ("api.commands.blackbox:blackbox", "List what was kept of stops and faults."),
    "map": ("api.map:map_command", "Find foot, pose and zones in recorded frames."),
    "doctor": ("api.commands.doctor:doctor", "Check this computer, and say what to do next."),
}


INTERRUPTED: Final = 130


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's shape
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - narrows the type
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(importlib.import_module("api.commands.version").version_line())
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version, and that of the wire protocol.",
)
def podal() -> None:
    """Podal, the controller of a foot massager that feels the sole.

    The protective stop is the button on the machine.
    """


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; what ends it early is one sentence."""
    try:
        code = podal.main(arguments, prog_name="podal", standalone_mode=False)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left unsaid
        click.echo("podal: The disk is full: make room and try again.", err=True)
        return 1
    return code if isinstance(code, int) else 0
