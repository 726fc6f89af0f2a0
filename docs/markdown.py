"""Tables and code blocks as Markdown text."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table with one blank line on either side."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines) + "\n"


def block(lines: Iterable[str]) -> str:
    """Return a code block with one blank line on either side."""
    return "\n```text\n" + "".join(f"{line}\n" for line in lines) + "```\n\n"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")
