"""All invariants as one table: what each says, where it comes from, and who judges it."""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from simulator.checker import consent, force, hold, letting_go, motion, orders, place
from simulator.checker.columns import Rows
from simulator.checker.report import Verdict

Scope = Literal["always", "no fault"]


class Invariant(NamedTuple):
    """One promise that a trace can decide.

    Attributes:
        id: As in the hazard analysis, section 3.
        sentence: What is promised.
        source: Who says so: the hazard analysis (SAFETY), the architecture (ARCH), which wins where
            they differ, or the domain figures (DOMAIN).
        scope: `always` holds under one fault, too; `no fault` is judged before the first one.
        columns: What it reads; per-bed ones without their suffix.
        judge: What decides it.
    """

    id: str
    sentence: str
    source: str
    scope: Scope
    columns: str
    judge: Callable[[Rows], Verdict]


INVARIANTS: Final = (
    Invariant(
        "F1",
        "force stays within the hard limit of the true region, but for windows of 20 ms, 1 s "
        "apart, by 5 % or 3 N",
        "SAFETY 3; DOMAIN 3.6",
        "always",
        "force_n region_true",
        force.hard_limit,
    ),
    Invariant(
        "F2",
        "without a fault, force stays within what a user may choose and 1.5 N, and never reaches "
        "the hard limit",
        "SAFETY 3; DOMAIN 3.6",
        "no fault",
        "force_n region_true fault_on",
        force.user_limit,
    ),
    Invariant(
        "F3",
        "over 50 ms of contact force rises by 0.05 s of its rate limit and 2 N at most; the press "
        "goes up at 5 mm/s until 1 N, and at 25 mm/s in contact, but for 20 ms of a runaway",
        "SAFETY 3, A7; speeds ARCH 2",
        "always",
        "force_n rate_limit_n_s z_mm gap_mm fault_on fw_state",
        force.rise,
    ),
    Invariant(
        "F4",
        "300 ms after STOP or a trip force is below 1 N, and stays so until a new ARM; 500 ms "
        "where the drives are off",
        "SAFETY 3, A12",
        "always",
        "force_n stop_at fw_state",
        letting_go.unloading,
    ),
    Invariant(
        "F5",
        "no spot bears more than 1 N for longer than its region's hold and 100 ms; within 15 mm "
        "counts, leaving for 1 s begins anew",
        "SAFETY 3; ARCH 2; DOMAIN 3.6",
        "always",
        "force_n x_mm y_mm region_true",
        hold.hold,
    ),
    Invariant(
        "F6",
        "under a head a bed bears at most 80 N more than rested on it before, but for 50 ms",
        "SAFETY 3; ARCH 2",
        "always",
        "force_n bed_n resting_n",
        force.total,
    ),
    Invariant(
        "F7",
        "30 ms after 3 taxels have been at full scale for 30 ms the set-point is 0",
        "SAFETY 3",
        "always",
        "saturated setpoint_n fw_state",
        force.saturation,
    ),
    Invariant(
        "P1",
        "more than 1 N only 5 mm inside the true outline, but for 50 ms after the foot moves",
        "SAFETY 3",
        "always",
        "force_n sole_margin_mm foot_moved",
        place.on_the_sole,
    ),
    Invariant(
        "P2",
        "no head slides outside the mask with more than 0.3 of the hard limit",
        "SAFETY 3",
        "always",
        "force_n region_true x_mm y_mm in_mask",
        place.inside_the_mask,
    ),
    Invariant(
        "P3",
        "after contact is lost the press follows by 2 mm at most until a new ARM",
        "SAFETY 3, B1",
        "always",
        "force_n applied_n z_mm fw_state",
        place.no_chase,
    ),
    Invariant(
        "P4",
        "what is on a bed and not one foot is not armed on, and within 200 ms no longer",
        "SAFETY 3; states ARCH 2",
        "always",
        "single_foot bed_n applied_n fw_state",
        place.one_foot,
    ),
    Invariant(
        "P5",
        "above 3 N, the region for which the host asks is the true one or within reach of it",
        "SAFETY 3, B2; reach ARCH 1, 2; DOMAIN 2",
        "always",
        "force_n setpoint_n region_believed region_true u_true v_true fw_state",
        place.right_region,
    ),
    Invariant(
        "M1",
        "20 ms after SILENT or LIMP no drive has power, after RETRACT or LATCHED no press goes up",
        "SAFETY 3; states ARCH 2",
        "always",
        "fw_state enable z_mm",
        motion.power_off,
    ),
    Invariant(
        "M2",
        "a press that has stood for 150 ms draws no more than holds its force",
        "SAFETY 3, A8; current DOMAIN 7",
        "always",
        "z_mm press_current_ma force_n",
        motion.stalled,
    ),
    Invariant(
        "M3",
        "not homed, no head presses and no carriage goes faster than 5 mm/s",
        "SAFETY 3",
        "always",
        "homed applied_n x_mm y_mm z_mm",
        motion.homed_first,
    ),
    Invariant(
        "M4",
        "50 ms after 30 ms of 1.5 times the expected spin torque the head stands, 90 degrees on at "
        "most",
        "SAFETY 3, A6",
        "always",
        "spin_torque_mnm spin_expected_mnm spin_rpm fw_state",
        motion.tangle,
    ),
    Invariant(
        "T1",
        "the skin side stays within 43 C, motors within 70 C",
        "SAFETY 3",
        "always",
        "temp_surface_c temp_motor_c",
        motion.warmth,
    ),
    Invariant(
        "W2",
        "nothing but letting go happens 100 ms after the last set-point; none above 0 N comes of "
        "a frame older than 50 ms",
        "SAFETY 3",
        "always",
        "cmd_seq fw_state setpoint_n frame_age_ms",
        orders.fresh_orders,
    ),
    Invariant(
        "W3",
        "while armed each set-point obeyed has a higher number than all before it",
        "SAFETY 3",
        "always",
        "cmd_seq fw_state",
        orders.rising_orders,
    ),
    Invariant(
        "W5",
        "no set-point is applied that is older than 60 ms in device time",
        "SAFETY 3; age ARCH 7",
        "always",
        "cmd_age_ms applied_n fw_state",
        orders.young_orders,
    ),
    Invariant(
        "D4",
        "every number in the trace is finite",
        "SAFETY 3",
        "always",
        "all",
        orders.finite,
    ),
    Invariant(
        "S1",
        "force is applied, and a press goes up, only on the way SILENT, READY, ARM, ARMED, "
        "RUNNING, but for 20 ms of a runaway",
        "SAFETY 3, A7; states ARCH 2",
        "always",
        "fw_state arm_req_at applied_n z_mm fault_on",
        consent.in_order,
    ),
    Invariant(
        "S2",
        "armed means homed",
        "SAFETY 3",
        "always",
        "fw_state homed",
        consent.tested,
    ),
    Invariant(
        "S3",
        "after a reset, STOP or trip nothing is armed before START or a foot placed anew",
        "SAFETY 3; ARCH 2",
        "always",
        "fw_state stop_at consent_at",
        consent.new_consent,
    ),
    Invariant(
        "C4",
        "armed for 30 min at most since power-on, let go within 1 s of it",
        "SAFETY 3, B9; ARCH 2",
        "always",
        "fw_state event_kind event_t_us",
        consent.session_cap,
    ),
    Invariant(
        "C5",
        "ARMED comes within 60 s of START or a foot placed, and ends after 5 min of pause",
        "SAFETY 3; ARCH 2",
        "always",
        "fw_state consent_at setpoint_n",
        consent.consent,
    ),
    Invariant(
        "C6",
        "force applied stays within the limits of host and device, and they within the ceiling",
        "SAFETY 3; DOMAIN 3.6",
        "always",
        "applied_n limit_n hard_limit_n region_believed fw_state",
        consent.limits_hold,
    ),
    Invariant(
        "L2",
        "an ARM that nothing disturbs leads to RUNNING within 30 s",
        "SAFETY 3",
        "no fault",
        "arm_req_at fw_state host_state fault_on stop_at foot_moved consent_at",
        consent.alive,
    ),
)
