"""Status codes as English sentences, from the same catalogue the phone page uses."""

import functools
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any


@functools.cache
def catalogue() -> Mapping[str, str]:
    """Return the English texts by key."""
    texts = json.loads((files("api") / "static" / "texts" / "en.json").read_text("utf-8"))
    return {str(key): str(text) for key, text in texts.items()}


def say(key: str, **values: object) -> str:
    """Return the text for `key` with its {places} filled; the key itself when there is none."""
    text = catalogue().get(key, key)
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def state_sentence(status: Mapping[str, Any]) -> str:
    """Return what the massage is doing, in one sentence."""
    session = status.get("session") or {}
    waiting = session.get("waiting_for")
    if waiting and waiting != "acknowledge":  # a fault says first that it is one
        return say(f"waiting.{waiting}")
    return say(f"state.{session.get('state')}")


def alarm_sentences(status: Mapping[str, Any]) -> list[str]:
    """Return one line for each alarm: what it is, and what to do."""
    return [_explained(alarm) for alarm in status.get("alarms") or ()]


def clamp_sentence(clamp: Mapping[str, Any]) -> str:
    """Return what a clamp does and why: asked, given, where, and whose limit it is."""
    where = f"{say('region.' + clamp['where'])}, " if clamp.get("where") else ""
    return say(
        "limit.sentence",
        asked=f"{clamp['asked_n']:.1f}",
        given=f"{clamp['given_n']:.1f}",
        why=where + say(f"limit.{clamp['source']}"),
    )


def unloading_sentence(status: Mapping[str, Any]) -> str:
    """Return how soon the force was gone after a stop; "" where there was none yet."""
    times = (status.get("device") or {}).get("unloading") or {}
    if not times.get("n"):
        return ""
    return say(
        "label.unloading",
        n=times["n"],
        p50=round(times["p50_ms"]),
        p99=round(times["p99_ms"]),
        max=round(times["max_ms"]),
    )


def link_sentence(status: Mapping[str, Any]) -> str:
    """Return how the wire is doing, in figures; "" where there is none."""
    link = status.get("link") or {}
    if not link.get("frames"):
        return ""
    damaged = link["bad_crc"] + link["bad_length"]
    parts = [
        f"{link['frames']} frames, {damaged} damaged, {link['gaps']} missing, "
        f"{link['duplicates']} repeated, {link['stale']} too old",
        f"age {_ms(link['age_us'])} (at most {_ms(link['age_max_us'])})",
    ]
    if link["round_trip_us"]:
        p50_us, p99_us = link["round_trip_p50_us"], link["round_trip_p99_us"]
        parts.append(f"round trip p50 {_ms(p50_us)}, p99 {_ms(p99_us)}")
    if link["drift_ppm"] is not None:
        parts.append(f"clock {link['drift_ppm']:+d} ppm")
    return "; ".join([*parts, f"{link['reconnects']} reconnects"])


def _ms(time_us: int) -> str:
    return f"{time_us / 1000:.1f} ms"


def refusal_sentence(code: str, detail: str) -> str:
    """Return why a wish was refused; the control process sends codes, people read sentences."""
    return detail or catalogue().get(f"refusal.{code}", code)


def _explained(alarm: Mapping[str, Any]) -> str:
    texts, code = catalogue(), alarm["code"]
    what = texts.get(f"reason.{code}") or say("reason.other", code=code)
    # A detail says more exactly what to do than the advice for its kind.
    detail = str(alarm.get("detail", "")).rstrip(".")
    if detail:
        return f"{what} {detail[0].upper()}{detail[1:]}."
    return f"{what} {texts.get('advice.' + alarm['advice'], '')}".rstrip()
