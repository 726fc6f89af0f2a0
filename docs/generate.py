"""Fill the generated parts of the reference pages from the code; `make docs` runs this.

A page marks where a part goes, and keeps everything else as it was written:

    <!-- generated: name of the part -->
    <!-- end generated -->
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from docs import face_tables, state_tables, wire_examples, wire_json, wire_session, wire_tables

PAGES: Final = Path(__file__).resolve().parent / "reference"
FOR_PROGRAMS: Final = PAGES / "protocol.json"
PARTS: Final[Mapping[str, Callable[[], str]]] = {
    **wire_tables.PARTS,
    **wire_examples.PARTS,
    **state_tables.PARTS,
    **face_tables.PARTS,
    "worked session": wire_session.page_session,
}
_PART = re.compile(
    r"(?P<open><!-- generated: (?P<name>[^>]+?) -->\n).*?(?P<close><!-- end generated -->)",
    re.DOTALL,
)


def pages() -> list[Path]:
    """Return the reference pages, sorted."""
    return sorted(PAGES.glob("*.md"))


def part_names(text: str) -> list[str]:
    """Return the parts that a page asks for, in order."""
    return [match["name"] for match in _PART.finditer(text)]


def filled(text: str) -> str:
    """Return a page with every generated part made anew.

    Raises:
        KeyError: The page asks for a part that nobody makes.
    """
    return _PART.sub(lambda part: f"{part['open']}{PARTS[part['name']]()}{part['close']}", text)


def main() -> None:
    """Write every page whose parts have changed."""
    for page in pages():
        before = page.read_text("utf-8")
        after = filled(before)
        if after != before:
            page.write_text(after, "utf-8")
            print(f"wrote {page.relative_to(PAGES.parent.parent)}")
    FOR_PROGRAMS.write_text(wire_json.text(), "utf-8")


if __name__ == "__main__":
    main()
