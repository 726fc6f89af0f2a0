"""A stand-in for the control process: a real peer on a real socket, with no massager behind it.

It speaks the control socket's protocol as the real one does (20 snapshots a second, never waiting
for a reader), lets a test set the scene, and tells what it heard. The tests of the whole stack use
the real control process; this one lets the faces be tested at their edges.

Test-only requests: {"do": "scene", "merge": {...}} changes what the status says,
{"do": "refuse", "code": CODE or null} answers every wish with a refusal,
{"do": "heard"} returns what arrived so far, {"do": "reset"} forgets it and the scene.
"""

import contextlib
import json
import math
import selectors
import socket
import struct
import sys
import time
from pathlib import Path

PERIOD_S = 0.05
ROWS, COLS, PITCH_MM = 32, 16, 10.0
POSE = {
    "heel_x_mm": 80.0,
    "heel_y_mm": 26.0,
    "axis_deg": 4.0,
    "length_mm": 262.0,
    "width_mm": 99.0,
    "heel_x_sd_mm": 1.0,
    "heel_y_sd_mm": 1.5,
    "axis_sd_deg": 0.8,
    "length_sd_mm": 2.0,
    "width_sd_mm": 1.2,
}
# Loaded places of a right sole: along the axis, across it (shares of the length), spread, kPa.
PLACES = (
    (0.11, 0.00, 0.070, 34.0),
    (0.30, 0.07, 0.050, 11.0),
    (0.45, 0.08, 0.050, 12.0),
    (0.69, -0.10, 0.050, 24.0),
    (0.71, -0.02, 0.045, 27.0),
    (0.69, 0.06, 0.045, 21.0),
    (0.64, 0.12, 0.040, 14.0),
    (0.90, -0.11, 0.035, 20.0),
    (0.92, -0.02, 0.020, 9.0),
    (0.88, 0.05, 0.020, 8.0),
)


def sole_kpa(side, x_mm, y_mm):
    """Return the pressure under a resting foot at a place of the bed."""
    sign = 1.0 if side == "right" else -1.0
    turn = math.radians(POSE["axis_deg"] * sign)
    dx, dy = x_mm - POSE["heel_x_mm"], y_mm - POSE["heel_y_mm"]
    u = (dx * math.sin(turn) + dy * math.cos(turn)) / POSE["length_mm"]
    s = sign * (dx * math.cos(turn) - dy * math.sin(turn)) / POSE["length_mm"]
    return sum(
        p * math.exp(-((u - pu) ** 2 + (s - ps) ** 2) / (2 * r * r)) for pu, ps, r, p in PLACES
    )


RESTING = {
    side: [
        [
            sole_kpa(side, (col + 0.5) * PITCH_MM, (ROWS - row - 0.5) * PITCH_MM)
            for col in range(COLS)
        ]
        for row in range(ROWS)
    ]
    for side in ("left", "right")
}


def bed(side):
    sign = 1.0 if side == "right" else -1.0
    return {
        "contact": {
            "finding": "foot",
            "reason": "",
            "area_cm2": 92.0,
            "load_n": 58.0,
            "cop_mm": [80.0, 140.0],
        },
        "side": side,
        "side_p": 0.99,
        "pose": {**POSE, "axis_deg": POSE["axis_deg"] * sign},
        "zones": [{"no": 21, "load_ratio": 0.04}],
        "head": {"x_mm": 80.0, "y_mm": 150.0, "z_mm": 0.0, "spin_rpm": 0.0},
        "zone_under_head": None,
        "force_n": 0.0,
        "target_n": 0.0,
        "limit_n": 25.0,
        "limit_reasons": ["region"],
    }


def first_status():
    return {
        "version": "0.1.0",
        "seq": 0,
        "device": {
            "id": "stand-in",
            "state": "READY",
            "simulated": True,
            "link": {
                "frames": 1,
                "bad_crc": 0,
                "gaps": 0,
                "stale": 0,
                "age_ms": 4.0,
                "round_trip_us": 900,
            },
        },
        "link": None,
        "session": {
            "state": "ready",
            "routine": None,
            "active_s": 0.0,
            "remaining_s": None,
            "progress": 0.0,
            "stroke": None,
            "waiting_for": None,
            "reason": None,
        },
        "images": {"rows": ROWS, "cols": COLS, "pitch_mm": [PITCH_MM, PITCH_MM]},
        "beds": {"left": bed("left"), "right": bed("right")},
        "alarms": [],
        "loop": {
            "late_p50_us": 90,
            "late_p99_us": 180,
            "late_p999_us": 400,
            "late_max_us": 900,
            "late_from_us": [0, 16, 32, 64, 128, 256, 512],
            "late_counts": [0, 0, 10, 900, 85, 4, 1],
            "tick_us": {"p50": 100, "p99": 190, "max": 300},
            "fifo": False,
        },
    }


ROUTINES = [
    {
        "id": "evening-wind-down",
        "title": {"en": "Evening wind-down", "ru": "Спокойный вечер"},
        "minutes": {"min": 3, "default": 3, "max": 10},
        "strokes": [{"technique": "circle", "seconds": 18.0, "foot": "left"}],
    }
]


def merge(into, change):
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


class StandIn:
    def __init__(self, path):
        self.status = first_status()
        self.refusal = None
        self.heard = []
        self.clients = {}
        self.selector = selectors.DefaultSelector()
        with contextlib.suppress(FileNotFoundError):
            Path(path).unlink()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(16)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ)

    def serve(self):
        due_s = time.monotonic()
        while True:
            for key, _ in self.selector.select(max(0.0, due_s - time.monotonic())):
                if key.fileobj is self.listener:
                    client, _ = self.listener.accept()
                    client.setblocking(False)
                    self.clients[client] = bytearray()
                    self.selector.register(client, selectors.EVENT_READ)
                else:
                    self.read(key.fileobj)
            if time.monotonic() >= due_s:
                due_s += PERIOD_S
                self.tell()

    def tell(self):
        self.status["seq"] += 1
        status = b"S" + json.dumps(self.status).encode()
        image = b"I" + self.image() if self.status["device"]["id"] is not None else b""
        for client in list(self.clients):
            self.send(client, status)
            if image:
                self.send(client, image)

    def image(self):
        counter = self.status["seq"]
        cells = []
        for side in ("left", "right"):
            found = self.status["beds"][side]
            head = found["head"]
            if (found["contact"] or {}).get("finding") != "foot":
                cells += [0] * (ROWS * COLS)
                continue
            for row in range(ROWS):
                for col in range(COLS):
                    kpa = RESTING[side][row][col] * (1 + 0.01 * math.sin(counter / 9))
                    dx = (col + 0.5) * PITCH_MM - head["x_mm"]
                    dy = (ROWS - row - 0.5) * PITCH_MM - head["y_mm"]
                    near = math.exp(-(dx * dx + dy * dy) / (2 * 9.0**2))
                    kpa += near * 5.0 * (found["force_n"] or 0.0)
                    cells.append(min(65535, round(10 * kpa)))
        head = struct.pack("<BBBBIQ", 1, 2, ROWS, COLS, counter, counter * 50_000)
        return head + struct.pack(f"<{len(cells)}H", *cells)

    def send(self, client, payload):
        if client not in self.clients:
            return
        try:
            sent = client.send(struct.pack("<I", len(payload)) + payload)
        except BlockingIOError:
            return
        except OSError:
            self.drop(client)
            return
        if sent != 4 + len(payload):
            self.drop(client)

    def drop(self, client):
        if self.clients.pop(client, None) is not None:
            self.selector.unregister(client)
            client.close()

    def read(self, client):
        try:
            data = client.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.drop(client)
            return
        buffer = self.clients[client]
        buffer += data
        while len(buffer) >= 4 and len(buffer) >= 4 + struct.unpack_from("<I", buffer)[0]:
            end = 4 + struct.unpack_from("<I", buffer)[0]
            payload = bytes(buffer[4:end])
            del buffer[:end]
            self.obey(client, payload)

    def obey(self, client, payload):
        if payload == b"X":
            self.heard.append({"do": "X"})
            self.enter("stopped", waiting_for=None, reason="stop")
            self.reply(client, {"id": 0, "ok": True})
            return
        request = json.loads(payload[1:])
        match request["do"]:
            case "scene":
                merge(self.status, request["merge"])
                self.reply(client, {"id": request["id"], "ok": True})
                self.tell()
                return
            case "refuse":
                self.refusal = request["code"]
                self.reply(client, {"id": request["id"], "ok": True})
                return
            case "reset":
                self.status, self.heard = {**first_status(), "seq": self.status["seq"]}, []
                self.reply(client, {"id": request["id"], "ok": True})
                return
            case "heard":
                self.reply(client, {"id": request["id"], "ok": True, "heard": self.heard})
                return
        self.heard.append(request)
        self.reply(client, {"id": request["id"], **self.answer(request)})

    def answer(self, request):
        if self.refusal is not None:
            return {"ok": False, "code": self.refusal, "detail": f"refused: {self.refusal}"}
        match request["do"]:
            case "routines":
                return {"ok": True, "routines": ROUTINES}
            case "start" if request["routine"] != "evening-wind-down":
                return {
                    "ok": False,
                    "code": "unknown_routine",
                    "detail": "no such routine",
                }
            case "start":
                self.enter("starting", waiting_for="start_button", routine=request["routine"])
            case "pause":
                self.enter("paused")
            case "resume":
                self.enter("running")
            case "acknowledge":
                self.enter("ready", waiting_for=None)
            case "stop":
                self.enter("stopped", reason="stop")
        return {"ok": True}

    def enter(self, state, **more):
        self.status["session"].update(state=state, **more)

    def reply(self, client, reply):
        self.send(client, b"R" + json.dumps(reply).encode())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        StandIn(sys.argv[1]).serve()
