"""What a sole looks like to a pressure matrix: a sum of Gaussians fitted to the mean of 104 people.

The figures were fitted by Podal to the square root of the mean registered pressure image of MUN104
(Pataky et al. 2011, Gait Posture 33:418-422; MIT licence), left and mirrored right averaged; they
leave 0.4 % of its square unexplained. They were then stretched by 3 % and turned by 1.3 degrees, so
that real prints (emed sample of pressuRe and F-Scan sample of footPress, both MIT) end at u = 0 and
u = 1 and the axis runs from the middle of the heel to the second toe.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from controller.geometry import BREADTH_RATIO, Floats

# Centre u, centre share, spread in u, spread in share, weight; a right foot, share + lateral.
# fmt: off
_GAUSSIANS: Final = np.array([
    (0.0415, -0.0031, 0.0226, 0.0458, 0.4982), (0.0930, 0.0086, 0.0392, 0.0512, 0.5710),
    (0.1418, -0.0668, 0.0628, 0.0302, 0.5499), (0.1624, 0.0728, 0.0628, 0.0317, 0.4579),
    (0.1927, -0.0021, 0.0713, 0.0384, 0.7178), (0.4014, 0.0657, 0.1401, 0.0319, 0.2856),
    (0.5439, 0.1176, 0.1083, 0.0265, 0.3297), (0.6042, 0.0578, 0.0438, 0.0320, 0.1991),
    (0.6318, 0.1552, 0.0532, 0.0233, 0.4244), (0.6881, -0.0890, 0.0395, 0.0322, 0.4348),
    (0.6882, -0.0127, 0.0452, 0.0433, 0.5770), (0.7056, 0.0780, 0.0520, 0.0443, 0.6171),
    (0.7361, -0.1289, 0.0479, 0.0268, 0.5690), (0.7751, -0.0171, 0.0413, 0.0608, 0.9058),
    (0.7847, 0.1541, 0.0315, 0.0165, 0.2131), (0.8512, 0.1116, 0.0231, 0.0215, 0.3552),
    (0.8821, -0.1460, 0.0329, 0.0212, 0.5012), (0.8991, 0.0606, 0.0260, 0.0259, 0.4492),
    (0.9107, -0.1064, 0.0437, 0.0315, 0.8026), (0.9341, -0.0061, 0.0281, 0.0304, 0.5900),
])
# fmt: on
_U, _SHARE, _U_SPREAD, _SHARE_SPREAD, _WEIGHT = _GAUSSIANS.T
# MUN104 was recorded by taxels of 5 mm: their blur is in the spreads already.
_OWN_PITCH_MM = 5.0
# Averaging over a taxel adds a twelfth of its pitch squared to the variance of pressure and, for a
# smooth sole, twice that to the variance of its square root; prints end sharply and spread by four
# times, at which lengths on emed and F-Scan prints agree from 5 to 20 mm within 1.5 mm.
_BLUR = 4.0 / 12.0

# People and moments differ most in how load is shared between these parts, borders in u: heel,
# middle, ball, toes. Each has a gain of its own in the fit.
PARTS: Final = 4
_PART = np.searchsorted((0.30, 0.65, 0.82), _U)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the template lies: heel point and axis as in a pose, lengths as logarithms of mm."""

    heel_x_mm: float
    heel_y_mm: float
    axis_rad: float
    log_length: float
    log_width: float


def render(
    placement: Placement,
    gains: Floats,
    *,
    lateral_sign: float,
    x_mm: Floats,
    y_mm: Floats,
    pitch_mm: tuple[float, float],
) -> tuple[Floats, Floats]:
    """The template as taxels see it, and how it changes.

    Args:
        placement: where the sole lies.
        gains: factor of each part, (PARTS,).
        lateral_sign: +1 for a right foot, -1 for a left one.
        x_mm: taxel centres, (n,) [mm].
        y_mm: taxel centres, (n,) [mm].
        pitch_mm: size of a taxel in x and y, which blurs what it sees.

    Returns:
        The square root of pressure up to one factor, (n,), and its derivatives after the five
        figures of the placement and the gains, (n, 5 + PARTS).
    """
    length_mm = np.exp(placement.log_length)
    lateral_mm = lateral_sign * np.exp(placement.log_width) / BREADTH_RATIO
    sin, cos = np.sin(placement.axis_rad), np.cos(placement.axis_rad)
    dx_mm, dy_mm = x_mm - placement.heel_x_mm, y_mm - placement.heel_y_mm
    u = (dx_mm * sin + dy_mm * cos) / length_mm
    share = (dx_mm * cos - dy_mm * sin) / lateral_mm
    value, by_u, by_share, by_gain = _sum_of_gaussians(
        u,
        share,
        gains,
        u_blur2=(pitch_mm[1] ** 2 - _OWN_PITCH_MM**2) * _BLUR / length_mm**2,
        share_blur2=(pitch_mm[0] ** 2 - _OWN_PITCH_MM**2) * _BLUR / lateral_mm**2,
    )
    slopes = np.empty((u.size, 5 + PARTS))
    slopes[:, 0] = by_u * (-sin / length_mm) - by_share * (cos / lateral_mm)
    slopes[:, 1] = by_u * (-cos / length_mm) + by_share * (sin / lateral_mm)
    turn = lateral_mm / length_mm
    slopes[:, 2] = by_u * share * turn - by_share * u / turn
    slopes[:, 3] = -by_u * u
    slopes[:, 4] = -by_share * share
    slopes[:, 5:] = by_gain
    return value, slopes


def _sum_of_gaussians(
    u: Floats, share: Floats, gains: Floats, *, u_blur2: float, share_blur2: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """The sum at every point, its slopes in u and share, and the sum of each part.

    The exponent is a quadratic form and the slopes are weighted sums, so both are one product of
    matrices and only the exponential runs over points times Gaussians.
    """
    u_var, share_var = _U_SPREAD**2 + u_blur2, _SHARE_SPREAD**2 + share_blur2
    u_inv, share_inv = 1.0 / u_var, 1.0 / share_var
    features = np.stack((u * u, share * share, u, share, np.ones_like(u)), axis=1)
    form = np.stack(
        (
            -0.5 * u_inv,
            -0.5 * share_inv,
            _U * u_inv,
            _SHARE * share_inv,
            -0.5 * (_U * _U * u_inv + _SHARE * _SHARE * share_inv),
        )
    )
    bells = np.exp(features @ form)
    blurred = _WEIGHT * _U_SPREAD * _SHARE_SPREAD * np.sqrt(u_inv * share_inv)
    weight = blurred * gains[_PART]
    sums = np.empty((_U.size, 5 + PARTS))
    sums[:, 0] = weight
    sums[:, 1] = weight * u_inv
    sums[:, 2] = weight * _U * u_inv
    sums[:, 3] = weight * share_inv
    sums[:, 4] = weight * _SHARE * share_inv
    sums[:, 5:] = np.where(_PART[:, None] == np.arange(PARTS), blurred[:, None], 0.0)
    added = bells @ sums
    by_u = added[:, 2] - u * added[:, 1]
    by_share = added[:, 4] - share * added[:, 3]
    return added[:, 0], by_u, by_share, added[:, 5:]
