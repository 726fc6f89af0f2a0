"""A person accepts another machine on the page: real device, real Podal, real browser."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.stack import Stack

pytestmark = pytest.mark.browser

OWN, OTHER = "podal-sim-1", "podal-sim-2"
PATIENCE_MS = 30_000


@pytest.fixture
def stack(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = Stack(tmp_path)
    try:
        yield found
    finally:
        found.end()


@pytest.fixture
def open_page(chromium, stack):
    """Return a function that opens the page; at the end it may not have complained."""
    complaints, contexts = [], []

    def opened(**options):
        context = chromium.new_context(
            viewport={"width": 390, "height": 844}, color_scheme="dark", **options
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{stack.port}/")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def wait_text(page, selector, wanted):
    page.wait_for_selector(f'{selector}:text-is("{wanted}")')


def wait_state(page, state):
    page.wait_for_selector(f"body[data-state={state}]")


def fault(stack, word):
    words = [sys.executable, "-m", "simulator", "fault", "--link", str(stack.link), word]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(180)
def test_another_machine_is_told_accepted_by_the_button_and_then_works(stack, open_page):
    stack.until_session("ready")
    page = open_page(locale="en-US")
    wait_text(page, "#sentence", "Ready when you are")
    fault(stack, "link=other")
    wait_text(page, "#sentence", "This is another machine")
    assert page.get_attribute("body", "data-state") == "no_device"
    assert OTHER in page.inner_text("#hint")
    assert not page.is_visible("#wish")
    shown = os.environ.get("PODAL_SCREENSHOTS")
    if shown:
        page.screenshot(path=Path(shown) / "another-machine.png")

    page.click('#act:text-is("Use this machine")')
    wait_state(page, "ready")
    assert stack.status()["device"]["id"] == OTHER
    page.wait_for_selector('#act:enabled:text-is("Start")')
    assert page.is_visible("#wish")

    fault(stack, "--clear")  # now the first machine is the other one
    wait_text(page, "#sentence", "This is another machine")
    assert OWN in page.inner_text("#hint")
    page.click('#act:text-is("Use this machine")')
    wait_state(page, "ready")
    assert stack.status()["device"]["id"] == OWN


@pytest.mark.timeout(180)
def test_the_question_waits_for_a_person_over_a_restart_of_podal(stack, open_page):
    stack.until_session("ready")
    fault(stack, "link=other")
    stack.until(lambda: stack.status()["alarms"], "a question")
    killed = stack.kill("control")
    stack.until(lambda: stack.child("control") not in (0, killed), "a new control process")
    page = open_page(locale="ru-RU")
    wait_text(page, "#sentence", "Это другой массажёр")
    page.click("#act")
    wait_state(page, "ready")
    assert stack.status()["device"]["id"] == OTHER
