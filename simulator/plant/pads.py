"""Where a seated sole bears its load."""

from typing import Final

# Pads of a seated sole: u, across over length, half sizes of both, and weight. Places: local
# maxima of one emed footprint (sample of pressuRe, Telfer, MIT); sizes and weights are a Podal
# proposal: nobody has published a seated footprint.
PADS: Final = (
    (0.107, -0.005, 0.100, 0.098, 1.00),
    (0.30, 0.060, 0.120, 0.055, 0.35),
    (0.44, 0.095, 0.140, 0.052, 0.40),
    (0.58, 0.130, 0.100, 0.050, 0.45),
    (0.644, 0.150, 0.060, 0.045, 0.50),
    (0.70, 0.095, 0.070, 0.050, 0.60),
    (0.745, 0.035, 0.070, 0.055, 0.85),
    (0.744, -0.025, 0.070, 0.050, 0.80),
    (0.727, -0.108, 0.070, 0.060, 0.85),
    (0.911, -0.124, 0.055, 0.045, 0.70),
    (0.950, -0.010, 0.032, 0.028, 0.35),
    (0.925, 0.040, 0.030, 0.026, 0.30),
    (0.880, 0.090, 0.030, 0.026, 0.25),
    (0.835, 0.130, 0.028, 0.026, 0.15),
)
