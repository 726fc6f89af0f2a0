"""The signals between the microcontroller and the machine; the only thing they share.

The machine keeps the truth to itself. Each millisecond it writes what its sensors make of it, and
reads what the microcontroller orders; a fault may change either on the way.
"""

from typing import Final

SUPPLY_V: Final = 24.0
"""Nominal supply of the motors."""

FLAG_X_MM: Final = 80.0
FLAG_Y_MM: Final = 60.0
FLAG_Z_MM: Final = 0.5
"""Where the home flags end, bed frame: a flag covers its switch below this place."""

IDLE_MA: Final = 40.0
"""What a powered drive draws at rest; an unpowered one draws nothing. The press holds its opening
spring with it."""

PRESS_MA_PER_N: Final = 11.0
"""Press current for each newton of the motor, at the middle of its ripple. Signed: positive pushes
towards the sole. Podal proposal, unmeasured."""

PRESS_FRICTION_MA: Final = 25.0
"""Coulomb friction of the press: the sign of its speed, in proportion below PRESS_CREEP_MM_S."""

PRESS_CREEP_MM_S: Final = 1.0

SPIN_IDLE_MNM: Final = 3.0
SPIN_MNM_PER_N: Final = 2.8
"""Friction of the turning head: a share of its own, and a share for each newton of the press. Podal
proposal, unmeasured."""


class HeadWires:
    """Signals of one bed.

    Orders, written by the firmware.

    Attributes:
        enabled: Bridges of this head's drives may conduct; the first way to switch them off.
        homing: Each encoder takes the place of its flag's edge when it passes it.
        x_speed_mm_s: Carriage speed ordered.
        y_speed_mm_s: As x_speed_mm_s.
        z_speed_mm_s: Press speed ordered, positive towards the sole.
        spin_order_rpm: Head rotation ordered.
        vibration_hz: Eccentric ordered, 0 off.
        force_a_n: Sensor: load cell in the press axis.
        press_ma: Sensor: current of the press motor, signed: IDLE_MA + PRESS_MA_PER_N x force
            (ripple +-15 % over a turn) + friction + what accelerates it; it makes channel B.
        x_ma: Sensor: current of the carriage motor, without sign.
        y_ma: As x_ma.
        spin_mnm: Sensor: torque on the spin drive, from its current; the sign of the rotation.
        x_mm: Sensor: carriage encoder, bed frame; wrong by a constant until homed.
        y_mm: As x_mm.
        z_mm: Sensor: press encoder, 0 = fully retracted; as x_mm until homed.
        spin_rpm: Sensor: head rotation.
        x_flag: Sensor: the home flag covers its switch: the carriage is below FLAG_X_MM.
        y_flag: As x_flag, below FLAG_Y_MM.
        z_flag: As x_flag, below FLAG_Z_MM.
        motor_c: Sensor: press motor temperature.
        surface_c: Sensor: head surface temperature.
        force_b_n: What the firmware makes of press_ma; kept here for the record.
    """

    __slots__ = (
        "enabled",
        "force_a_n",
        "force_b_n",
        "homing",
        "motor_c",
        "press_ma",
        "spin_mnm",
        "spin_order_rpm",
        "spin_rpm",
        "surface_c",
        "vibration_hz",
        "x_flag",
        "x_ma",
        "x_mm",
        "x_speed_mm_s",
        "y_flag",
        "y_ma",
        "y_mm",
        "y_speed_mm_s",
        "z_flag",
        "z_mm",
        "z_speed_mm_s",
    )

    def __init__(self) -> None:
        self.enabled = False
        self.homing = False
        self.x_speed_mm_s = 0.0
        self.y_speed_mm_s = 0.0
        self.z_speed_mm_s = 0.0
        self.spin_order_rpm = 0.0
        self.vibration_hz = 0
        self.force_a_n = 0.0
        self.force_b_n = 0.0
        self.press_ma = 0.0
        self.x_ma = 0.0
        self.y_ma = 0.0
        self.spin_mnm = 0.0
        self.x_mm = FLAG_X_MM
        self.y_mm = FLAG_Y_MM
        self.z_mm = 0.0
        self.spin_rpm = 0.0
        self.x_flag = True
        self.y_flag = True
        self.z_flag = True
        self.motor_c = 24.0
        self.surface_c = 24.0


class PanelWires:
    """Signals that both beds share.

    Attributes:
        relay: Order: the motors of both heads have their supply; the second way to switch them off.
        start_lamp: Order: the START lamp blinks: the device wants consent.
        watchdog_fed: Order: set by the firmware each millisecond that all its tasks have run; the
            hardware watchdog takes it back, and cuts both ways when it stays away too long.
        start_pressed: Sensor: the person holds START.
        stop_pressed: Sensor: the person holds STOP.
        supply_v: Sensor: supply of the motors.
        clock2_us: Sensor: the second oscillator.
        conversions: Sensor: the matrix converter's own count of the scans it has made.
        bench_unlocked: Sensor: the technician's key switch; calibration may be written.
    """

    __slots__ = (
        "bench_unlocked",
        "clock2_us",
        "conversions",
        "relay",
        "start_lamp",
        "start_pressed",
        "stop_pressed",
        "supply_v",
        "watchdog_fed",
    )

    def __init__(self) -> None:
        self.relay = False
        self.start_lamp = False
        self.watchdog_fed = False
        self.start_pressed = False
        self.stop_pressed = False
        self.supply_v = SUPPLY_V
        self.clock2_us = 0
        self.conversions = 0
        self.bench_unlocked = False
