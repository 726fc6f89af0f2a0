"""The behaviour of the device: states, consent, watchdog, trips, and both heads.

It knows messages and wires, no bytes. Time is the device's own microseconds.
"""

from typing import Final

from firmware_bridge.messages import (
    U32_MAX,
    Acknowledge,
    Arm,
    BedTarget,
    DeviceState,
    EventKind,
    Kept,
    Mask,
    Refusal,
    SetPoint,
    Trip,
)
from simulator.firmware.dwell import Dwell
from simulator.firmware.head import Head
from simulator.firmware.health import Health
from simulator.firmware.identity import DESCRIPTOR, LIMITS_CRC
from simulator.firmware.keeper import COMPILED, Keeper
from simulator.firmware.limits import limits_of, no_limits
from simulator.firmware.loads import Counts, Loads
from simulator.firmware.masks import Place, place_of, refuse_mask
from simulator.firmware.startup import Homing, SwitchTest
from simulator.firmware.states import (
    LATCHING,
    LIMPING,
    REHOMING,
    after_unloading,
    may_follow,
)
from simulator.firmware.watch import CLEAR_N
from simulator.wires import HeadWires, PanelWires

_LIMITS: Final = DESCRIPTOR.limits
_CARRIAGE: Final = DESCRIPTOR.carriage
_X_UM: Final[tuple[int, ...]] = (_CARRIAGE.x_min_um, _CARRIAGE.x_max_um)
_Y_UM: Final[tuple[int, ...]] = (_CARRIAGE.y_min_um, _CARRIAGE.y_max_um)
_FEED_UM_S: Final = _CARRIAGE.feed_max_um_s
WATCHDOG_US: Final = _LIMITS.watchdog_ms * 1000
TTL_US: Final = _LIMITS.ttl_ms * 1000
LAMP_US: Final = 10_000_000
STANDING_N: Final = 250.0
"""No seated foot loads a bed like this. Source: hazard table, row B11."""

STOP_PAUSE_US: Final = 500_000
RETRACT_US: Final = 1_000_000
"""Letting go takes a quarter of this; past it, force that is gone ends it and force that is not
ends in LIMP."""

SETTLE_US: Final = 50_000
"""The parts get this long after power-on before they are judged."""
SLOW_TICK_US: Final = 10_000
LATE_US: Final = 5_000
"""A loop that runs later than this does not feed the watchdog. Podal proposal, unmeasured."""

MASK_CHANGE_N: Final = 0.5
NEITHER: Final = 255
_SILENT: Final = DeviceState.SILENT
_ARMED: Final = DeviceState.ARMED
_RUNNING: Final = DeviceState.RUNNING
_RETRACT: Final = DeviceState.RETRACT
_LATCHED: Final = DeviceState.LATCHED
_LIMP: Final = DeviceState.LIMP
_BEATS: Final = 10

Happening = tuple[int, EventKind, int, int]
"""Device time, what, which bed, value: an EVENT to come."""


class Machine:
    """The device without its link.

    Args:
        heads: Signals of the left and the right bed.
        panel: Buttons and lamp.

    Attributes:
        state: A `DeviceState`.
        trip: The last trip, until acknowledged or armed again.
        stop_count: STOPs since power-on.
        setpoint_counter: Header counter of the set-point obeyed, 0 none.
        happenings: Events not yet sent.
        loads: What the matrices say about the feet.
    """

    def __init__(self, heads: tuple[HeadWires, HeadWires], panel: PanelWires) -> None:
        self.heads = (Head(heads[0]), Head(heads[1]))
        self._panel = panel
        self.now_us = 0
        self.state = DeviceState.SILENT
        self.trip = Trip.NONE
        self.stop_count = 0
        self.setpoint_counter = 0
        self.order_frame_us = -1
        self.stop_at_us = -1
        self.consent_at_us = -1
        self.arm_at_us = -1
        self.happenings: list[Happening] = []
        self.homed = False
        self.loads = Loads()
        self.lamp_until_us = -1
        self._boot_us = -1
        self._consent_us = -1
        self._places: list[Place | None] = [None, None]
        self._consented: list[Place | None] = [None, None]
        self._armed_beds = 0
        self._armed_ms = 0
        self._busy = False
        self._expires_us = -1
        self._heard_us = 0
        self._asked_us = 0
        self._retract_us = self._unloaded_us = 0
        self._unloaded = False
        self._started = False
        self._stopped = False
        self._dwells = (Dwell(), Dwell())
        self._limits_crc = LIMITS_CRC
        self._table = COMPILED.table
        self._ceiling_mn = COMPILED.ceiling_mn
        self._wires = heads
        self._health = Health(self.heads, panel)
        self._switches: SwitchTest | None = None
        self._homings: tuple[Homing, Homing] | None = None
        self._beat = 0
        self._switch_off()

    def keep(self, keeper: Keeper) -> None:
        """Work by what the technician has written."""
        self._limits_crc = keeper.limits_crc
        self._table = table = keeper.limits.table
        self._ceiling_mn = keeper.limits.ceiling_mn
        for bed, head in enumerate(self.heads):
            head.keep(
                table,
                keeper.calibrations[Kept.CHANNEL_A, bed],
                keeper.calibrations[Kept.CHANNEL_B, bed],
            )

    # What the host asks

    def start_up(self) -> None:
        """A host is there: test the parts and find home, once for each power-on."""
        if self.state == DeviceState.SILENT and self._boot_us < 0:
            self._begin_start_up(self.now_us)

    def _begin_start_up(self, at_us: int) -> None:
        self._boot_us = at_us
        self.homed = False
        for head in self.heads:
            head.drives.timed = True
        self._homings = None
        for head in self.heads:
            head.switch_off()
        self._switches = SwitchTest(self._wires, self._panel)

    def boot_limp(self, trip: Trip) -> None:
        """The microcontroller was restarted by its watchdog: nothing is trusted any more."""
        self.trip = trip
        self._change(_LIMP)

    @property
    def letting_go(self) -> bool:
        """A new session must wait until the heads are off the skin."""
        return self.state == DeviceState.RETRACT

    def forget_person(self) -> None:
        """A new host asks for a session: what a person agreed to was for another one."""
        self._disarm()

    def put_mask(self, mask: Mask) -> Refusal | None:
        """Take a mask, or return why not."""
        armed = self.state in (DeviceState.ARMED, DeviceState.RUNNING)
        if not armed and self.state != DeviceState.READY:
            return Refusal.WRONG_STATE
        if armed and not all(head.lifted and head.force_n < MASK_CHANGE_N for head in self.heads):
            return Refusal.WRONG_STATE
        bed = mask.head.bed
        refusal = refuse_mask(mask, self.loads.image_kpa(bed), self._consented[bed])
        if refusal is None:
            self.heads[bed].limits = limits_of(mask.limits_mn, self._ceiling_mn)
            self._places[bed] = place_of(mask.head)
        return refusal

    def arm(self, order: Arm) -> Refusal | None:
        """Leave READY, or return why not."""
        self.arm_at_us = self.now_us
        refusal = self._refuse_arm(order)
        if refusal is not None:
            if refusal == Refusal.NO_CONSENT:
                self.lamp_until_us = self.now_us + LAMP_US
            return refusal
        self.trip = Trip.NONE
        self.lamp_until_us = -1
        self._armed_beds = order.beds
        self._busy = False
        self._consented = list(self._places)
        self._heard_us = self._asked_us = self.now_us
        self._expires_us = -1
        self._dwells = (Dwell(), Dwell())
        for head in self.heads:
            head.forget_order()
        self._change(DeviceState.ARMED)
        return None

    def _refuse_arm(self, order: Arm) -> Refusal | None:
        if self.state in (_LATCHED, _LIMP) or self._armed_ms >= self._table.session_ms:
            return Refusal.FAULT_PRESENT
        if self.state == DeviceState.SILENT:
            return Refusal.NOT_HOMED
        if self.state != DeviceState.READY:
            return Refusal.WRONG_STATE
        if order.limits_crc != self._limits_crc:
            return Refusal.LIMITS_DIFFER
        if any(order.beds >> bed & 1 and self._places[bed] is None for bed in (0, 1)):
            return Refusal.NO_MASK
        return None if self._consents else Refusal.NO_CONSENT

    @property
    def _consents(self) -> bool:
        """A person has said yes not long ago."""
        return (
            self._consent_us >= 0
            and self.now_us - self._consent_us <= self._table.consent_ms * 1000
        )

    def obey(self, order: SetPoint, counter: int) -> Refusal | None:
        """Take a set-point, or return why not."""
        if self.state not in (DeviceState.ARMED, DeviceState.RUNNING):
            return Refusal.WRONG_STATE
        if not 0 <= self.now_us - order.frame_us <= TTL_US:
            return Refusal.STALE
        left, right = order.left, order.right
        if not (_within_carriage(left) and _within_carriage(right)):
            return Refusal.OUT_OF_RANGE
        self._heard_us = self.now_us
        self._expires_us = order.frame_us + order.ttl_ms * 1000
        self.setpoint_counter = counter
        self.order_frame_us = order.frame_us
        if self._armed_beds & 1:
            self.heads[0].obey(left)
        if self._armed_beds & 2:
            self.heads[1].obey(right)
        if left.force_mn or right.force_mn:
            self._asked_us = self.now_us
        return None

    def let_go(self, trip: Trip) -> None:
        """Unload and disarm; the same way for every reason."""
        if self.state in (_SILENT, _LIMP):
            return
        self._disarm()
        self._happen(EventKind.TRIP, int(trip))
        pending = self.state in (DeviceState.RETRACT, DeviceState.LATCHED)
        if not (pending and self.trip in LATCHING):  # nothing but a person clears a latch
            self.trip = trip
        if self.state != DeviceState.RETRACT:
            self._retract_us = self.now_us
            self._unloaded = False
            self._change(DeviceState.RETRACT)
        for head in self.heads:
            head.unload()

    def fail(self, trip: Trip) -> None:
        """The device has found something wrong with itself: answer it as its table says."""
        state = self.state
        if state == _LIMP:
            return
        if trip in LIMPING:
            self._disarm()
            self._happen(EventKind.TRIP, int(trip))
            if not (state in (_RETRACT, _LATCHED) and self.trip in LATCHING):
                self.trip = trip
            self._switch_off()
            self._change(_LIMP)
        elif state == _SILENT:
            self._fail_start_up(trip)
        elif state not in (_RETRACT, _LATCHED) or (trip in LATCHING and self.trip not in LATCHING):
            self.let_go(trip)
        if trip == Trip.CLOCK:
            for head in self.heads:
                head.drives.timed = False
        if trip in REHOMING:
            self._lose_home()

    def _lose_home(self) -> None:
        self.homed = False
        for head in self.heads:
            head.drives.homed = False

    def _fail_start_up(self, trip: Trip) -> None:
        self._switch_off()
        self._disarm()
        self._happen(EventKind.TRIP, int(trip))
        self.trip = trip
        self._change(_LATCHED)

    def _switch_off(self) -> None:
        """Cut both ways; the press opens by its spring."""
        self._panel.relay = False
        self._switches = self._homings = None
        self._lose_home()
        for head in self.heads:
            head.switch_off()

    def stop(self, count: int) -> None:
        """STOP from the wire, `count` times: in every state, with or without a session."""
        self.stop_at_us = self.now_us
        self.stop_count = (self.stop_count + count) & U32_MAX
        self._happen(EventKind.STOP, self.stop_count & 0x7FFF_FFFF)
        self._disarm()
        self._pause_start_up()
        self.let_go(Trip.STOP)

    def _pause_start_up(self) -> None:
        """STOP while the heads look for home: nothing moves for a moment, then from the start."""
        if self.state == _SILENT and self._boot_us >= 0:
            self._begin_start_up(self.now_us + STOP_PAUSE_US)

    def acknowledge(self, order: Acknowledge) -> Refusal | None:
        """A person has seen the trip."""
        if self.state not in (DeviceState.READY, DeviceState.LATCHED):
            return Refusal.WRONG_STATE
        if order.trip != self.trip:
            return Refusal.OUT_OF_RANGE
        if any(not -1.0 < head.force_n < CLEAR_N for head in self.heads):
            return Refusal.FAULT_PRESENT
        if self._health.cause or not self._health.fresh_scan(self.now_us):
            return Refusal.FAULT_PRESENT
        for head in self.heads:
            head.watch.force_bad = False
        rehome = self.trip in REHOMING or not self.homed
        self.trip = Trip.NONE
        if self.state == _LATCHED:
            self._change(_SILENT if rehome else DeviceState.READY)
            if rehome:
                self._begin_start_up(self.now_us)
        return None

    # What happens by itself

    def step(self, now_us: int) -> None:
        """One millisecond."""
        late = now_us - self.now_us > LATE_US
        self.now_us = now_us
        panel = self._panel
        if panel.start_pressed != self._started or panel.stop_pressed != self._stopped:
            self._feel_buttons()
        state = self.state
        if state is _RUNNING or state is _ARMED:
            self._drive(now_us)
        elif state is _SILENT:
            if self._boot_us >= 0:
                self._start_up(now_us)
        elif state is not _LIMP:
            self._rest(now_us)
        self._beat = beat = (self._beat + 1) % _BEATS
        if beat == 0 or beat == _BEATS // 2:
            self._watch(now_us, slow=beat == 0)
        if self.lamp_until_us >= 0:
            panel.start_lamp = now_us < self.lamp_until_us and not self._consents
            if not panel.start_lamp:
                self.lamp_until_us = -1
        if not late:
            panel.watchdog_fed = True

    def _watch(self, now_us: int, *, slow: bool) -> None:
        """Every 5 ms the drives, every 10 ms the rest; a start-up watches by its own rules."""
        state = self.state
        if state == _LIMP or (state == _SILENT and (self._boot_us < 0 or not self._homings)):
            return
        left, right = self.heads
        trip = Trip.NONE
        if state != _SILENT and self._panel.relay and self._switches is None:
            trip = left.beat() or right.beat()
            if slow and not trip:
                trip = left.slow_beat() or right.slow_beat()
        if slow and not trip:
            trip = self._health.judge(now_us)
        if trip:
            self._answer(trip)

    def _answer(self, trip: Trip) -> None:
        if trip == Trip.ENTANGLED:
            for head in self.heads:
                if head.wires.spin_order_rpm:
                    head.spin.free()
        self.fail(trip)

    def _rest(self, now_us: int) -> None:
        """One millisecond of READY, RETRACT or LATCHED: the heads go down and stay there."""
        left, right = self.heads
        if self._switches is not None:
            self._test_switches(self._switches)
            return
        if self.state == _LATCHED:
            left.stand()
            right.stand()
            return
        left.unload()
        right.unload()
        if self.state != _RETRACT:
            return
        if self._stuck():
            self._give_up()
            return
        if not self._unloaded:
            if not (left.clear and right.clear):
                if now_us - self._retract_us > RETRACT_US:
                    self._give_up()
                return
            self._happen(EventKind.UNLOADED, (now_us - self._retract_us) // 1000)
            self._unloaded = True
            self._unloaded_us = now_us
        if (left.down and right.down) or now_us - self._unloaded_us > RETRACT_US:
            self._finish_unloading()

    def _stuck(self) -> bool:
        """No head gets any further, and one of them not as far as it should."""
        left, right = self.heads
        return (
            (left.blocked or right.blocked)
            and (left.blocked or left.clear)
            and (right.blocked or right.clear)
        )

    def _give_up(self) -> None:
        """Letting go has not ended: gone force is enough, force that stays is past any order."""
        if any(head.force_n >= CLEAR_N for head in self.heads):
            self.fail(Trip.RETRACT_FAILED)
            return
        if self.trip not in LATCHING:
            self.trip = Trip.POSITION_LOST
            self._happen(EventKind.TRIP, int(self.trip))
        self._end_unloading()

    def _finish_unloading(self) -> None:
        """The heads are down: prove that they can be switched off before they may rise again."""
        if after_unloading(self.trip) == _LIMP:
            self._switch_off()
            self._change(_LIMP)
        elif self.homed:
            self._switches = SwitchTest(self._wires, self._panel)
        else:
            self._end_unloading()

    def _test_switches(self, switches: SwitchTest) -> None:
        trip = switches.step()
        if trip:
            self._switch_off()
            self._happen(EventKind.TRIP, int(trip))
            if self.trip not in LATCHING:
                self.trip = trip
            self._change(_LATCHED)
        elif switches.done:
            self._switches = None
            for head in self.heads:
                head.rest()
            self._end_unloading()

    def _end_unloading(self) -> None:
        self._change(after_unloading(self.trip))

    def _start_up(self, now_us: int) -> None:
        """One millisecond of the self-test: switches, then home."""
        if now_us < self._boot_us:
            return
        trip = Trip.NONE
        if self._switches is not None:
            trip = self._switches.step()
            if self._switches.done:
                self._switches = None
                self._health.start(now_us)
                left, right = self.heads
                left.rest()
                right.rest()
                self._homings = (
                    Homing(left.wires, left.drives),
                    Homing(right.wires, right.drives),
                )
        elif self._homings is not None:
            left_homing, right_homing = self._homings
            trip = left_homing.step() if not left_homing.done else Trip.NONE
            if not trip and not right_homing.done:
                trip = right_homing.step()
            if not trip and left_homing.done and right_homing.done:
                self._homings = None
                self.homed = True
                self._change(DeviceState.READY)
        if trip:
            self.fail(trip)

    def _drive(self, now_us: int) -> None:
        if now_us - self._heard_us > WATCHDOG_US:
            self.let_go(Trip.WATCHDOG)
            return
        fresh = now_us <= self._expires_us
        left, right = self.heads
        trip = left.step(fresh) or right.step(fresh)
        if trip:
            self.fail(trip)
            return
        busy = left.motion + right.motion > 0 or (fresh and left.asked_n + right.asked_n > 0.0)
        if busy != self._busy:
            self._busy = busy
            self._change(_RUNNING if busy else _ARMED)
        if now_us % SLOW_TICK_US == 0:
            self._watch_times(now_us)

    def _watch_times(self, now_us: int) -> None:
        """Check what needs no hurry: dwell, caps."""
        step_ms = SLOW_TICK_US // 1000
        self._armed_ms += step_ms
        for bed, head in enumerate(self.heads):
            wires = head.wires
            dwell = self._dwells[bed]
            dwell.advance(x_mm=wires.x_mm, y_mm=wires.y_mm, force_n=head.force_n, step_ms=step_ms)
            if dwell.time_ms > self._table.dwell_ms:
                self.let_go(Trip.DWELL)
                return
        if self._armed_ms >= self._table.session_ms:
            self.let_go(Trip.SESSION_CAP)
        elif now_us - self._asked_us > self._table.pause_ms * 1000:
            self.let_go(Trip.PAUSE_CAP)

    def scan(self, counts: Counts) -> None:
        """Take a matrix scan: bed loads, feet placed and removed."""
        left, right = self.heads
        for bed in self.loads.take(counts, lifted=(left.lifted, right.lifted)):
            self._consent_us = self.consent_at_us = self.now_us
            self._happen(EventKind.FOOT_PLACED, round(self.loads.bed_n[bed] * 1000), bed)
        if self.state is _RUNNING or self.state is _ARMED:
            self._weigh()

    def _weigh(self) -> None:
        """Let go as soon as a bed bears too much, or will before the heads could be off."""
        loads, most_mn = self.loads, self._table.total_over_resting_mn
        for bed in (0, 1):
            bed_n = max(loads.bed_n[bed], loads.ahead_n[bed])
            if (bed_n - loads.resting_n[bed]) * 1000.0 > most_mn or bed_n > STANDING_N:
                self.let_go(Trip.TOTAL_FORCE)
                return

    def _feel_buttons(self) -> None:
        panel = self._panel
        if panel.start_pressed and not self._started:
            self._happen(EventKind.START_BUTTON, 1)
            if self.state != DeviceState.RETRACT:
                self._consent_us = self.consent_at_us = self.now_us
        if panel.stop_pressed and not self._stopped:
            self._happen(EventKind.STOP_BUTTON, 1)
            self.stop_at_us = self.now_us
            self._disarm()
            self._pause_start_up()
            self.let_go(Trip.STOP_BUTTON)
        self._started, self._stopped = panel.start_pressed, panel.stop_pressed

    # What others may know

    @property
    def consent_age_ms(self) -> int:
        """Time since START or a foot placed, all ones for never or lost."""
        return U32_MAX if self._consent_us < 0 else (self.now_us - self._consent_us) // 1000

    @property
    def consent_us(self) -> int:
        """Device time of the consent in force, -1 none."""
        return self._consent_us

    def has_mask(self, bed: int) -> bool:
        """Return whether a mask is in force on this bed."""
        return self._places[bed] is not None

    def _disarm(self) -> None:
        """Forget orders, consent and masks: only a person gives them again."""
        if self._consent_us >= 0:
            self._consent_us = -1
            self._happen(EventKind.CONSENT_LOST, 0)
        self._armed_beds = 0
        self._expires_us = -1
        self.setpoint_counter = 0
        self._places = [None, None]
        self._consented = [None, None]
        for head in self.heads:
            head.limits = no_limits()
            head.forget_order()

    def _change(self, state: DeviceState) -> None:
        if not may_follow(self.state, state):
            raise AssertionError(f"{self.state.name} may not lead to {state.name}")
        self.state = state
        self._happen(EventKind.STATE, int(state))

    def _happen(self, kind: EventKind, value: int, bed: int = NEITHER) -> None:
        self.happenings.append((self.now_us, kind, bed, value))


def _within_carriage(target: BedTarget) -> bool:
    return (
        _X_UM[0] <= target.x_um <= _X_UM[1]
        and _Y_UM[0] <= target.y_um <= _Y_UM[1]
        and target.feed_um_s <= _FEED_UM_S
        and (target.vibration_hz == 0 or target.vibration_hz >= 20)
    )
