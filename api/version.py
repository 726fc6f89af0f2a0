"""Which Podal this is."""

from importlib.metadata import PackageNotFoundError, version


def podal_version() -> str:
    """Return the version of the installed distribution."""
    try:
        return version("podal")
    except PackageNotFoundError:
        return "unknown (not installed)"
