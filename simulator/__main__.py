"""The `podal-sim` command."""

import sys


def main() -> None:
    """Run `podal-sim` and leave with its exit code."""
    try:
        import click  # noqa: PLC0415 - Ctrl-C counts while this is imported, too

        from simulator.cli import cli  # noqa: PLC0415 - nothing heavy before it is needed

        try:
            sys.exit(cli.main(prog_name="podal-sim", standalone_mode=False))
        except click.Abort:
            sys.exit(130)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
