"""All traces made by hand; each module adds its own when it is imported."""

from tests.checker import (
    boundary_cases,
    consent_cases,
    force_cases,
    motion_cases,
    orders_cases,
    place_cases,
)
from tests.checker.registry import BREAKING, KEEPING

MODULES = (force_cases, place_cases, motion_cases, orders_cases, consent_cases, boundary_cases)

__all__ = ["BREAKING", "KEEPING", "MODULES"]
