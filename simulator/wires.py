"""The signals between the microcontroller and the machine; the only thing they share."""


class HeadWires:
    """Signals of one bed.

    Attributes:
        enabled: Drivers powered, set by the firmware.
        x_speed_mm_s: Carriage speed ordered, set by the firmware.
        y_speed_mm_s: As x_speed_mm_s.
        z_speed_mm_s: Press speed ordered, positive towards the sole.
        spin_order_rpm: Head rotation ordered.
        vibration_hz: Eccentric ordered, 0 off.
        force_a_n: Load cell in the press axis.
        force_b_n: Force that motor current and compression speak of.
        x_mm: Carriage encoder, bed frame.
        y_mm: As x_mm.
        z_mm: Press encoder, 0 = fully retracted.
        spin_rpm: Head rotation.
        motor_c: Motor temperature.
        surface_c: Head surface temperature.
    """

    __slots__ = (
        "enabled",
        "force_a_n",
        "force_b_n",
        "motor_c",
        "spin_order_rpm",
        "spin_rpm",
        "surface_c",
        "vibration_hz",
        "x_mm",
        "x_speed_mm_s",
        "y_mm",
        "y_speed_mm_s",
        "z_mm",
        "z_speed_mm_s",
    )

    def __init__(self) -> None:
        self.enabled = False
        self.x_speed_mm_s = 0.0
        self.y_speed_mm_s = 0.0
        self.z_speed_mm_s = 0.0
        self.spin_order_rpm = 0.0
        self.vibration_hz = 0
        self.force_a_n = 0.0
        self.force_b_n = 0.0
        self.x_mm = 80.0
        self.y_mm = 60.0
        self.z_mm = 0.0
        self.spin_rpm = 0.0
        self.motor_c = 24.0
        self.surface_c = 24.0


class PanelWires:
    """Both buttons and the START lamp.

    Attributes:
        start_pressed: The person holds START.
        stop_pressed: The person holds STOP.
        start_lamp: The START lamp blinks: the device wants consent.
    """

    __slots__ = ("start_lamp", "start_pressed", "stop_pressed")

    def __init__(self) -> None:
        self.start_pressed = False
        self.stop_pressed = False
        self.start_lamp = False
