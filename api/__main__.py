"""`podal` and `python -m api`."""

import sys


def main() -> None:
    """Run the command line, and leave with its exit code."""
    try:
        from api.cli import run  # noqa: PLC0415 - Ctrl-C counts while it is imported, too

        code = run()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
