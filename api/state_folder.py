"""Where Podal keeps what it must still know after the next start."""

import os
from collections.abc import Mapping
from pathlib import Path


def default_state_folder(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the folder, made by whoever writes into it; None where this user has none.

    Under systemd it is the unit's `StateDirectory=`; else that of the XDG base directory
    specification, 0.8, which tells to ignore a relative path.
    """
    env = os.environ if environ is None else environ
    # A unit may have several, separated by colons; the first is ours.
    unit = env.get("STATE_DIRECTORY", "").partition(":")[0]
    if unit.startswith("/"):
        return Path(unit)
    state = env.get("XDG_STATE_HOME", "")
    if state.startswith("/"):
        return Path(state) / "podal"
    home = env.get("HOME", "")
    return Path(home) / ".local" / "state" / "podal" if home.startswith("/") else None
