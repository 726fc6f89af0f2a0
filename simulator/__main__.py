"""The `podal-sim` command."""


def main() -> None:
    """Run `podal-sim` and leave with its exit code."""
    from simulator.cli import cli  # noqa: PLC0415 - nothing heavy before it is needed

    cli(prog_name="podal-sim")


if __name__ == "__main__":
    main()
