"""A black box as a pytest case: one file of Python, and the box beside it."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from simulator.errors import SimulatorError
from simulator.replay import Outcome

SUFFIX: Final = ".podalbox"

_CASE: Final = Template('''\
"""$why at $at, recorded by Podal $podal; written by `podal-sim replay --pytest`."""

from pathlib import Path

from simulator.replay import replay_file

BOX = Path(__file__).with_name("$data")


def test_$name() -> None:
    """The controller, given the same again, sends the same bytes: $turns turns."""
    outcome = replay_file(BOX)
    assert outcome.difference is None, f"{outcome.difference}; {outcome.foreign}"
    assert outcome.turns == $turns
''')


@dataclass(eq=False)
class CaseExistsError(SimulatorError):
    """A file is in the way; nothing is written over."""

    path: str

    def __str__(self) -> str:
        return f"{self.path} is there already; name another file"


def write_case(box: Path, outcome: Outcome, case: Path) -> Path:
    """Write a pytest case at `case`, and the box beside it; return the path of that.

    A box that differs today makes a case that fails until it does not.

    Raises:
        CaseExistsError: One of the two files is there.
        OSError: They cannot be written.
    """
    data = case.with_suffix(SUFFIX)
    for path in (case, data):
        if path.exists():
            raise CaseExistsError(str(path))
    shutil.copyfile(box, data)
    case.write_text(case_text(outcome, data.name), encoding="utf-8")
    return data


def case_text(outcome: Outcome, data: str) -> str:
    """Return the Python of a case for the box called `data`; its texts cannot end a string."""
    head = outcome.head
    return _CASE.substitute(
        why=_plain(", ".join(head.why)).capitalize() or "Something",
        at=_plain(head.at),
        podal=_plain(head.podal),
        data=_plain(data),
        name=re.sub(r"\W+", "_", f"{head.why[0] if head.why else 'box'}_{head.at}", flags=re.ASCII)
        + "_is_reproduced",
        turns=head.turns,
    )


def _plain(text: str) -> str:
    """Return `text` without what could end the string it is put in."""
    return re.sub(r"[^A-Za-z0-9 .,:+_-]", "", text)
