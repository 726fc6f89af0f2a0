"""`podal` and `python -m api`."""

from api.cli import podal


def main() -> None:
    """Run the command line."""
    podal.main(prog_name="podal")


if __name__ == "__main__":
    main()
