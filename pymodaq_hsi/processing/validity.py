"""Why a value is not one."""

from __future__ import annotations

from enum import IntFlag

__all__ = ["MEANING", "NO_NUMBER", "Validity"]


class Validity(IntFlag):
    """Why a value is not one; 0 is a good one."""

    GOOD = 0
    LOW_SIGNAL = 1
    """White and dark cannot be told apart."""
    REFERENCE_SATURATED = 2
    SATURATED = 4
    """The sample itself is saturated."""
    PANEL_UNKNOWN = 8
    """The white panel's reflectivity, or the radiometric factor, is not known at this wavelength."""
    REPLACED = 16
    """A dead pixel, interpolated between its neighbours: a number, but not a measured one."""
    DEAD = 32
    """A dead pixel without neighbours to interpolate between."""
    OUTSIDE = 64
    """Nothing was measured there: a wavelength, or a place, beyond what the camera sees."""
    NOT_A_NUMBER = 128
    """The sample itself is NaN or infinite."""


NO_NUMBER = int(
    Validity.LOW_SIGNAL
    | Validity.REFERENCE_SATURATED
    | Validity.PANEL_UNKNOWN
    | Validity.DEAD
    | Validity.OUTSIDE
    | Validity.NOT_A_NUMBER
)
"""Flags of values that are NaN wherever the samples are floats; a saturated one keeps its counts."""

MEANING = ", ".join(f"{flag.value} {flag.name.lower().replace('_', ' ')}" for flag in Validity if flag.name)
"""For files: each flag in words."""
