"""What a person sees and does on the phone page."""

import os
import re
import signal
import subprocess
import sys
from itertools import pairwise

import pytest

from tests.integration.api.servers import eventually

pytestmark = pytest.mark.browser

RUNNING = {
    "session": {
        "state": "running",
        "routine": "evening-wind-down",
        "remaining_s": 131.0,
        "progress": 0.27,
        "waiting_for": None,
        "stroke": {
            "technique": "circle",
            "title": {"en": "Circles on the ball", "ru": "Круги по подушечке стопы"},
            "foot": "left",
        },
    },
    "beds": {
        "left": {
            "force_n": 11.8,
            "target_n": 12.0,
            "limit_n": 25.0,
            "zone_under_head": 20,
            "region_under_head": "mth2",
            "head": {"x_mm": 84.0, "y_mm": 206.0},
        }
    },
}
STATES = (
    "no_device",
    "no_foot",
    "ready",
    "starting",
    "running",
    "paused",
    "ending",
    "ended",
    "stopped",
    "fault",
)


def text(page, selector):
    return page.inner_text(selector).strip()


def wait_text(page, selector, wanted):
    eventually(lambda: text(page, selector) == wanted)


def colours(page, canvas):
    """Return how many different colours a canvas shows."""
    return page.evaluate(
        """id => {
            const {width, height} = document.getElementById(id);
            const context = document.getElementById(id).getContext("2d");
            const pixels = context.getImageData(0, 0, width, height);
            return new Set(new Uint32Array(pixels.data.buffer)).size;
        }""",
        canvas,
    )


def acts(control):
    return [request["do"] for request in control.heard() if request["do"] != "routines"]


def test_the_state_is_one_human_sentence(visit, control):
    page = visit()
    wait_text(page, "#sentence", "Ready when you are")
    control.scene(**RUNNING)
    wait_text(page, "#sentence", "Massaging the left foot: circles on the ball")
    assert text(page, "#under") == "Under the roller: ball, second toe"
    assert [text(page, f"#force-{name}") for name in ("now", "target", "limit")] == [
        "11.8 N",
        "12.0 N",
        "25.0 N",
    ]
    assert text(page, "#remaining") == "2:11 left"
    assert page.get_attribute("#progress", "aria-valuenow") == "27"
    assert page.get_attribute("#state", "aria-live") == "polite"


def test_a_load_cell_at_rest_reads_nothing_at_all(visit, control):
    page = visit()
    control.scene(**RUNNING)
    control.scene(beds={"left": {"force_n": -0.04, "target_n": 0.0}})
    wait_text(page, "#force-now", "0.0 N")
    control.scene(beds={"left": {"force_n": -0.6}})
    eventually(lambda: text(page, "#force-now") == "0.0 N")


def test_a_roller_at_a_border_does_not_make_the_words_flicker(visit):
    shown = visit().evaluate(
        """async () => {
            const { CalmLine } = await import("/static/js/sentences.js");
            const line = new CalmLine();
            const seen = [];
            for (let ms = 0; ms < 3000; ms += 50) {
                seen.push(line.next(ms % 100 ? "arch" : "heel", ms));
            }
            return [seen, line.next("", 3000), line.next("toes", 3001)];
        }"""
    )
    seen, gone, back = shown
    assert sum(one != other for one, other in pairwise(seen)) <= 4
    assert (gone, back) == ("", "toes")


def test_a_fault_always_ends_in_the_next_step(visit, control):
    page = visit()
    alarm = {"code": "frames_lost", "since_ms": 10, "latched": True, "advice": "frames_lost"}
    control.scene(session={"state": "fault", "reason": "frames_lost"}, alarms=[alarm])
    eventually(lambda: text(page, "#hint").endswith("press “All is well”."))


def test_both_feet_are_drawn_and_change(visit, control):
    page = visit()
    for canvas in ("left", "right"):
        eventually(lambda canvas=canvas: colours(page, canvas) > 100)
    control.scene(beds={"left": {"contact": {"finding": "none"}, "pose": None, "head": None}})
    eventually(lambda: colours(page, "left") <= 2)
    assert colours(page, "right") > 100
    assert text(page, "#left-note") == "no foot"


def test_without_a_device_no_picture_of_the_past_is_shown(visit, control):
    page = visit()
    eventually(lambda: colours(page, "left") > 100)
    bed = {"contact": None, "pose": None, "head": None}
    control.scene(session={"state": "no_device"}, images=None, beds={"left": bed, "right": bed})
    wait_text(page, "#sentence", "The machine is not connected")
    eventually(lambda: colours(page, "left") <= 2)
    eventually(lambda: colours(page, "right") <= 2)
    assert text(page, "#left-note") == ""


def test_the_zones_can_be_shown(visit):
    page = visit()
    eventually(lambda: colours(page, "left") > 100)
    before = page.evaluate("document.getElementById('left').toDataURL()")
    page.click("#zones")
    assert page.get_attribute("#zones", "aria-pressed") == "true"
    eventually(lambda: page.evaluate("document.getElementById('left').toDataURL()") != before)
    assert "no effect on any organ is claimed" in text(page, "#small")


def test_a_massage_is_started_paused_and_resumed(visit, control):
    page = visit()
    page.select_option("#level", "gentle")
    page.click("#act:enabled")
    wait_text(page, "#sentence", "Press START on the machine")
    start = next(request for request in control.heard() if request["do"] == "start")
    assert (start["routine"], start["level"]) == ("evening-wind-down", "gentle")
    control.scene(**RUNNING)
    eventually(lambda: text(page, "#act") == "Pause")
    page.click("#act")
    eventually(lambda: text(page, "#act") == "Go on")
    page.click("#act")
    eventually(lambda: text(page, "#act") == "Pause")
    assert acts(control) == ["start", "pause", "resume"]


def test_a_refusal_is_explained(visit, control):
    page = visit()
    page.wait_for_selector("#act:enabled")  # the routines have come; what follows is refused
    control.refuse("no_foot")
    page.click("#act:enabled")
    wait_text(page, "#notice", "Put both feet on the beds first.")


def test_start_waits_for_the_feet(visit, control):
    page = visit()
    page.wait_for_selector("#act:enabled")
    control.scene(session={"state": "no_foot", "reason": "wrong_side"})
    page.wait_for_selector("#act:disabled")
    assert text(page, "#hint") == "The feet seem to be swapped. Left foot to the left."


def test_a_fault_says_what_to_do(visit, control):
    page = visit()
    alarm = {"code": "stalled", "since_ms": 10, "latched": True, "advice": "stalled"}
    control.scene(session={"state": "fault", "reason": "stalled"}, alarms=[alarm])
    wait_text(
        page, "#hint", "A roller is blocked. Remove what blocks it, then press “All is well”."
    )
    page.click("#act")
    eventually(lambda: acts(control) == ["acknowledge"])


def test_another_machine_than_before_is_accepted_by_its_name(visit, control):
    page = visit()
    alarm = {"code": "other_device", "since_ms": 0, "latched": False, "advice": "other_device"}
    control.scene(session={"state": "no_device"}, alarms=[{**alarm, "device_id": "two"}])
    wait_text(
        page,
        "#hint",
        "It is called two. If that is meant, press “Use this machine”; "
        "else plug in the one you know.",
    )
    assert text(page, "#sentence") == "This is another machine"
    assert text(page, "#act") == "Use this machine"
    page.click("#act")
    eventually(lambda: acts(control) == ["accept_device"])
    assert control.heard()[-1]["device_id"] == "two"


@pytest.mark.parametrize("locale", ["en-US", "ru-RU"])
def test_the_longest_name_of_another_machine_fits_a_small_phone(visit, control, locale):
    page = visit(width=320, height=568, locale=locale)
    alarm = {"code": "other_device", "since_ms": 0, "latched": False, "advice": "other_device"}
    name = "W" * 64
    control.scene(session={"state": "no_device"}, alarms=[{**alarm, "device_id": name}])
    eventually(lambda: name in text(page, "#hint"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("#act")
    eventually(lambda: acts(control) == ["accept_device"])
    assert control.heard()[-1]["device_id"] == name


def press_stop(page):
    page.click("#stop")


def press_escape(page):
    page.keyboard.press("Escape")


def press_enter_on_stop(page):
    page.focus("#stop")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("act", [press_stop, press_escape, press_enter_on_stop])
def test_stop_stops(visit, control, act):
    page = visit()
    control.scene(**RUNNING)
    eventually(lambda: text(page, "#act") == "Pause")
    act(page)
    wait_text(page, "#sentence", "Stopped")
    wait_text(page, "#stop", "STOP")
    assert acts(control).count("X") == 1


def test_stop_works_before_anything_is_chosen_or_loaded(visit, control):
    page = visit(java_script_enabled=False)
    page.click("#stop")
    eventually(lambda: acts(control) == ["X"])


def test_stop_is_asked_again_until_it_is_confirmed(visit, control):
    page = visit()
    control.scene(**RUNNING)
    eventually(lambda: text(page, "#act") == "Pause")
    control.freeze()
    page.click("#stop")
    wait_text(page, "#stop", "Not confirmed. Press the button on the machine")
    control.thaw()
    wait_text(page, "#stop", "STOP")
    wait_text(page, "#sentence", "Stopped")


def test_silence_is_told_at_once_and_mends_itself(visit, api):
    page = visit()
    wait_text(page, "#sentence", "Ready when you are")
    assert not page.is_visible("#banner")
    os.kill(api.process.pid, signal.SIGSTOP)
    try:
        page.wait_for_selector("#banner", state="visible", timeout=3000)
    finally:
        os.kill(api.process.pid, signal.SIGCONT)
    page.wait_for_selector("#banner", state="hidden")


def test_the_language_follows_the_person(visit, control):
    control.scene(**RUNNING)
    page = visit(locale="ru-RU")
    wait_text(page, "#sentence", "Массаж левой стопы: круги по подушечке стопы")
    assert text(page, "#stop") == "СТОП"
    assert page.evaluate("document.documentElement.lang") == "ru"
    page.click("#language")
    wait_text(page, "#stop", "STOP")
    page.reload()
    wait_text(page, "#sentence", "Massaging the left foot: circles on the ball")


@pytest.mark.parametrize("locale", ["en-US", "ru-RU"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568), (844, 390), (1280, 800)])
def test_stop_is_in_sight_in_every_state_and_everything_can_be_touched(
    visit, control, width, height, locale
):
    page = visit(width=width, height=height, locale=locale)
    page.click("#zones")
    for state in STATES:
        control.scene(session={**RUNNING["session"], "state": state})
        eventually(lambda state=state: page.get_attribute("body", "data-state") == state)
        assert page.evaluate(
            """() => {
                const box = document.getElementById("stop").getBoundingClientRect();
                const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return box.top >= 0 && box.bottom <= innerHeight && box.height >= 64
                    && document.getElementById("stop").contains(at);
            }"""
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, select")]
                .filter((e) => e.checkVisibility())
                .filter((e) => Math.min(e.offsetWidth, e.offsetHeight) < 44)
                .map((e) => e.id)"""
        )
        assert small == []


def test_on_a_phone_nothing_needs_scrolling_while_it_works(visit, control):
    control.scene(**RUNNING)
    for locale in ("en-US", "ru-RU"):
        page = visit(locale=locale)
        page.wait_for_selector("#act")
        gap_px = page.evaluate(
            """() => document.querySelector("footer").getBoundingClientRect().top
                - document.getElementById("small").getBoundingClientRect().bottom"""
        )
        assert gap_px >= 0


@pytest.mark.parametrize("locale", ["en-US", "ru-RU"])
def test_a_long_name_of_a_zone_moves_nothing(visit, control, locale):
    control.scene(**RUNNING)
    page = visit(width=320, height=568, locale=locale)
    page.wait_for_selector("#act")
    before = page.evaluate("document.getElementById('under').offsetHeight")
    page.click("#zones")
    control.scene(beds={"left": {"zone_under_head": 36, "region_under_head": "heel_medial"}})
    eventually(lambda: "36" in text(page, "#under"))
    assert page.evaluate("document.getElementById('under').offsetHeight") == before


def test_who_wants_no_motion_gets_none(visit):
    page = visit(reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")]
            .map((e) => getComputedStyle(e))
            .filter((s) => parseFloat(s.transitionDuration) > 0 || s.animationName !== "none")
            .length"""
    )
    assert moving == 0


def test_the_page_is_honest_about_what_protects(visit):
    page = visit()
    eventually(lambda: "The protective stop is the button on the machine." in text(page, "#small"))
    assert "not been tried on hardware" in text(page, "#small")
    assert text(page, "#simulated") == "Simulated machine"


def test_buttons_and_pictures_have_names(visit):
    page = visit()
    wait_text(page, "#sentence", "Ready when you are")
    named = {
        role: {item.get_attribute("aria-label") or item.inner_text() for item in found}
        for role, found in (
            ("button", page.query_selector_all("button:visible")),
            ("img", page.query_selector_all("canvas")),
        )
    }
    assert named["img"] == {"Pressure under the left foot", "Pressure under the right foot"}
    assert named["button"] == {"Zones", "Русский", "Start", "STOP"}
    assert page.get_by_role("combobox", name="Massage").count() == 1
    assert page.get_by_role("combobox", name="Strength").count() == 1


ATTACK = """async (target) => {
    const wish = JSON.stringify({routine: "evening-wind-down"});
    const json = {"content-type": "application/json"};
    const quietly = (work) => work.catch(() => "refused");
    await quietly(fetch(`${target}/api/v1/session`, {method: "POST", mode: "no-cors", body: wish}));
    await quietly(fetch(`${target}/api/v1/session`, {method: "POST", headers: json, body: wish}));
    await quietly(fetch(`${target}/api/v1/session/resume`, {method: "POST", mode: "no-cors"}));
    const read = await quietly(fetch(`${target}/api/v1/status`).then((answer) => answer.text()));
    const heard = await new Promise((resolve) => {
        const socket = new WebSocket(target.replace("http", "ws") + "/api/v1/live");
        socket.onmessage = () => resolve("heard");
        socket.onclose = () => resolve("refused");
    });
    return {read, heard};
}"""


def test_a_page_elsewhere_can_neither_start_nor_listen(chromium, api, control, tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<!doctype html><title>elsewhere</title><p>hi")
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        command, cwd=tmp_path / "web", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as elsewhere:
        port = re.search(r"port (\d+)", elsewhere.stdout.readline())[1]
        context = chromium.new_context()
        try:
            page = context.new_page()
            page.goto(f"http://localhost:{port}/")
            outcome = page.evaluate(ATTACK, f"http://127.0.0.1:{api.port}")
        finally:
            context.close()
            elsewhere.terminate()
    assert outcome["read"] == "refused"
    assert outcome["heard"] == "refused"
    assert acts(control) == []
