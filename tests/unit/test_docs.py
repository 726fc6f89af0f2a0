"""The documents say what the code does: generated parts are fresh, links lead somewhere."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from api.cli import podal
from docs import generate, wire_json, wire_session
from docs.wire_examples import DOWN, UP
from firmware_bridge.codec import decode_down, decode_up
from firmware_bridge.framing import STOP, DownDecoder
from firmware_bridge.link import Link, Phase
from firmware_bridge.messages import Frame, Kind
from simulator.cli import cli as podal_sim

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PAGES = generate.pages()
PROTOCOL = (ROOT / "docs" / "reference" / "protocol.md").read_text("utf-8")

CODE_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|\s|/)(podal(?:-sim)?|make)(?:\s+(.*))?$")


def name_of(path):
    return str(path.relative_to(ROOT))


def prose(path):
    return CODE_BLOCK.sub("", path.read_text("utf-8"))


def anchors(path):
    """Headings as links name them: lower case, without marks, hyphens for spaces."""
    found = HEADING.findall(prose(path))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def code_lines(path) -> Iterator[str]:
    """Every line of code in a document, and every piece of code within its sentences."""
    text = path.read_text("utf-8")
    for block in CODE_BLOCK.findall(text):
        yield from block.splitlines()
    yield from SPAN.findall(CODE_BLOCK.sub("", text))


def commands(path) -> Iterator[tuple[str, list[str]]]:
    """Every call of ours that a document shows: the program and its words."""
    for line in code_lines(path):
        found = COMMAND.search(line.split(" # ")[0].rstrip())
        if found and found[2]:
            yield found[1], shlex.split(found[2])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_generated_parts_are_fresh(page):
    text = page.read_text("utf-8")
    assert generate.filled(text) == text, "stale: run make docs"


def test_every_generated_part_is_on_some_page():
    asked = {name for page in PAGES for name in generate.part_names(page.read_text("utf-8"))}
    assert asked == set(generate.PARTS)


def test_every_message_has_a_table_on_the_protocol_page():
    assert {f"message {kind.name}" for kind in Kind} <= set(generate.part_names(PROTOCOL))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(path):
    for target in LINK.findall(prose(path)):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_command_that_is_shown_exists(path):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):(?!=)", makefile, re.MULTILINE))
    for program, words in commands(path):
        if program == "make":
            assert words[0] in targets, words
            arguments = [word.removeprefix("ARGS=") for word in words if word.startswith("ARGS=")]
            if arguments:
                check_call(podal_sim, ["serve", *shlex.split(arguments[0])])
        else:
            check_call({"podal": podal, "podal-sim": podal_sim}[program], words)


def check_call(command: click.Command, words: list[str]) -> None:
    """Fail unless `words` name sub-commands and options that exist."""
    known = {"--help", "-h"}
    left = list(words)
    while True:
        known |= {name for option in command.params for name in option.opts}
        if not isinstance(command, click.Group) or not left or left[0].startswith("-"):
            break
        found = command.get_command(click.Context(command), left[0])
        assert found is not None, words
        command = found
        left.pop(0)
    for word in left:
        assert not word.startswith("--") or word.partition("=")[0] in known, words
    for argument in command.params:
        if (
            isinstance(argument, click.Argument)
            and isinstance(argument.type, click.Choice)
            and left
        ):
            assert left[0] in argument.type.choices or left[0].isupper(), words


def test_the_readme_shows_how_to_run_it_before_anything_else():
    shown = list(commands(ROOT / "README.md"))
    first = [words for program, words in shown if program == "make"][:3]
    assert first == [["run"], ["test"], ["run", "ARGS=--replay FILE.npz"]]


def examples() -> dict[str, dict[str, bytes]]:
    """The worked bytes of the protocol page by message and label."""
    found: dict[str, dict[str, bytes]] = {}
    for block in CODE_BLOCK.findall(PROTOCOL):
        name, *lines = block.splitlines()
        if "nonce 0x" not in name:
            continue
        parts = found.setdefault(name.split()[0], {})
        label = ""
        for line in lines:
            match = re.match(
                r"(header  |body    |crc     |wire    | {8}) ((?:[0-9a-f]{2} ?)+)", line
            )
            if match:
                label = match[1].strip() or label
                parts[label] = parts.get(label, b"") + bytes.fromhex(match[2])
    return found


def crc32(data: bytes) -> int:
    """As the page defines it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def unstuffed(block: bytes) -> bytes:
    """As the page defines it."""
    out, at = b"", 0
    while at < len(block):
        code = block[at]
        assert code != 0
        out += block[at + 1 : at + code]
        at += code
        if code != 0xFF and at < len(block):
            out += b"\x00"
    assert at == len(block)
    return out


def test_the_page_works_an_example_of_each_framing_and_of_the_main_messages():
    assert {"HELLO", "WELCOME", "ARM", "SETPOINT", "FRAME"} <= set(examples())
    assert set(examples()) == {*DOWN, *UP}


@pytest.mark.parametrize("name", [name for name in DOWN if name != "MASK"])
def test_worked_bytes_to_the_device_follow_the_rules_of_the_page(name):
    parts = examples()[name]
    payload = parts["header"] + parts["body"]
    assert parts["crc"] == crc32(payload).to_bytes(4, "little")
    assert parts["wire"][:1] == parts["wire"][-1:] == b"\x00"
    assert 0 not in parts["wire"][1:-1]
    assert unstuffed(parts["wire"][1:-1]) == payload + parts["crc"]


@pytest.mark.parametrize("name", [name for name in UP if name != "FRAME"])
def test_worked_bytes_to_the_host_follow_the_rules_of_the_page(name):
    parts = examples()[name]
    payload = parts["header"] + parts["body"]
    head = b"\xa5\x5a" + len(payload).to_bytes(2, "little") + payload
    assert parts["crc"] == crc32(head).to_bytes(4, "little")
    assert parts["wire"] == head + parts["crc"]


def test_the_worked_limits_hash_follows_the_rule_of_the_page():
    (block,) = [block for block in CODE_BLOCK.findall(PROTOCOL) if block.startswith('{"approach')]
    json_lines, _, facts = block.partition("\n\n")
    text = json_lines.replace("\n", "")
    assert f"{len(text)} bytes" in facts
    assert f"0x{crc32(text.encode()):08x}" in facts
    limits_crc = examples()["WELCOME"]["body"][16:20]
    assert int.from_bytes(limits_crc, "little") == crc32(text.encode())


def test_the_file_for_programs_is_fresh():
    assert generate.FOR_PROGRAMS.read_text("utf-8") == wire_json.text(), "stale: run make docs"


def test_a_program_that_has_only_the_file_reads_the_offsets_of_a_frame():
    table = json.loads(generate.FOR_PROGRAMS.read_text("utf-8"))
    (frame,) = [message for message in table["messages"] if message["name"] == "FRAME"]
    offsets = {field["name"]: field["offset"] for field in frame["fields"]}
    sizes = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i16": 2, "i32": 4}
    ends = [field["offset"] + sizes[field["type"]] for field in frame["fields"]]
    assert ends[:-1] == [field["offset"] for field in frame["fields"]][1:]
    assert offsets["stop_count"] == 22
    running = [step for step in table["session"] if step["says"].startswith("RUNNING")]
    wire = bytes.fromhex(running[0]["wire"])
    assert wire[4 + offsets["state"]] == table["codes"]["DeviceState"]["RUNNING"]
    assert len(wire) == 4 + ends[-1] + 2 * 2 * 8 * 4 + 4


def test_the_worked_session_is_what_the_real_host_says_and_takes():
    """The host's half comes out of the link; the device's half goes into it."""
    link = Link(lambda: wire_session.HOST_NONCE)
    taken: list[Frame] = []
    answers = events = 0
    now_us = first_us = 0
    for step in wire_session.session():
        now_us += 100
        if step.name == "FRAME":
            device_us = decode_up(step.wire[4:-4], wire_session.ROWS, wire_session.COLS).device_us
            first_us = first_us or device_us - now_us
            now_us = device_us - first_us  # each arrives as it is taken
        if step.name in ("HELLO", "DESCRIBE"):
            assert link.poll(now_us) == step.wire
        elif step.name == "STOP":
            link.stop()
            assert link.poll(now_us) == STOP == step.wire
        elif step.way == "host":
            (payload,) = DownDecoder().feed(step.wire)
            _, message = decode_down(payload)
            assert link.send(message, now_us) == step.wire
        else:
            received = link.receive(step.wire, now_us)
            taken += [received.frame] if received.frame else []
            answers, events = answers + len(received.answers), events + len(received.events)
    assert link.phase is Phase.UP
    assert not link.stopping
    assert [frame.state for frame in taken] == [1, 2, 3, 4]
    assert (answers, events) == (4, 9)
    stats = link.stats
    assert (stats.gaps, stats.repeats, stats.foreign, stats.malformed, link.bad_crc) == (0,) * 5


def test_the_lines_of_the_bench_are_lines_of_json():
    (talk,) = [block for block in CODE_BLOCK.findall(PROTOCOL) if block.startswith('> {"do"')]
    lines = talk.splitlines()
    assert [line[0] for line in lines] == [">", "<"] * (len(lines) // 2)
    for line in lines:
        assert len(line) < 4096
        said = json.loads(line[2:])
        assert "do" in said if line[0] == ">" else "ok" in said
