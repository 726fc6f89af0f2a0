"""The reference page says what the checker judges, word by word."""

from pathlib import Path

from simulator.checker.invariants import INVARIANTS
from simulator.checker.undecided import UNDECIDED

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "checker.md").read_text(
    "utf-8"
)
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]


def test_the_page_lists_each_judged_invariant():
    expected = [
        f"| {row.id} | {row.sentence} | {row.scope} | "
        f"{', '.join(f'`{name}`' for name in row.columns.split())} |"
        for row in INVARIANTS
    ]
    assert [line for line in ROWS if line.count(" | ") == 3][1:] == expected


def test_the_page_lists_what_is_left_and_why():
    expected = [f"| {row.id} | {row.sentence} | {row.reason} |" for row in UNDECIDED]
    assert [line for line in ROWS if line.count(" | ") == 2][1:] == expected
