"""What is wrong with a reference, said when it is taken and when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.drivers import ReferenceName

if TYPE_CHECKING:
    from pymodaq_hsi.processing.references import Reference

__all__ = ["DEFAULT_OLDEST", "age_warning", "as_duration", "pair_warnings", "quality_warnings"]

DEFAULT_OLDEST = 4 * 3600.0
"""Seconds after which a reference is called old: lamps and sensors drift with the temperature of the room."""

WEAKEST_WHITE = 0.1
"""Share of the full scale that the bright part of a white reference should reach."""

BRIGHTEST_DARK = 0.2
"""Share of the full scale above which a dark reference is none."""

ALIKE = 0.5
"""A dark reference above this share of the white one tells of light that was on."""

_BRIGHT_PERCENTILE = 99.0


def quality_warnings(reference: Reference) -> tuple[str, ...]:
    """Return what a person should know of a reference, each with the values seen and what to do; () if it is good.

    Saturated samples; a white one that is too weak and a dark one that is too bright for the full scale that the
    camera states; samples that are no numbers.
    """
    found = []
    count = int(reference.saturated.sum())
    if count:
        advice = "shorten the exposure or dim the light" if reference.name is ReferenceName.White else _DARKEN
        found.append(
            f"{reference.name}: {_share(count, reference.saturated.size)} saturated, and everything calibrated with "
            f"them is NaN; {advice}, and take it again"
        )
    if not np.isfinite(reference.mean).all():
        found.append(f"{reference.name}: some samples are no numbers; what is calibrated with them is NaN")
    full = reference.format.saturation
    if full is None or full <= 0 or not np.isfinite(reference.mean).any():
        return tuple(found)
    level = float(np.nanpercentile(reference.mean, _BRIGHT_PERCENTILE)) / full
    if reference.name is ReferenceName.White and level < WEAKEST_WHITE:
        found.append(
            f"{reference.name}: its bright part reaches {level:.1%} of the full scale of {full:g} "
            f"{reference.format.unit}; {WEAKEST_WHITE:.0%} and more are wanted. See that the light is on and the panel "
            "is in view, or expose longer"
        )
    if reference.name is ReferenceName.Dark and level > BRIGHTEST_DARK:
        found.append(
            f"{reference.name}: it reaches {level:.1%} of the full scale of {full:g} {reference.format.unit}, at most "
            f"{BRIGHTEST_DARK:.0%} are expected; {_DARKEN}, and take it again"
        )
    return tuple(found)


def pair_warnings(white: Reference, dark: Reference) -> tuple[str, ...]:
    """Return what is wrong with a white and a dark reference together."""
    if white.mean.shape != dark.mean.shape or not all(np.isfinite(each.mean).any() for each in (white, dark)):
        return ()
    bright, below = (float(np.nanpercentile(each.mean, _BRIGHT_PERCENTILE)) for each in (white, dark))
    if below > ALIKE * bright:
        return (
            f"{dark.name}: it is {below:.4g} {dark.format.unit} where the {white.name} is {bright:.4g}; {_DARKEN}, "
            "or see that the panel was in view, and take both again",
        )
    return ()


def age_warning(reference: Reference, oldest: float | None) -> tuple[str, ...]:
    """Return a warning if a reference is older than `oldest` seconds (None: never), or from the future."""
    age = reference.age
    if oldest is None or not np.isfinite(age):
        return ()
    if age < -1.0:
        return (f"{reference.name}: it was taken {as_duration(-age)} in the future; check the computer's clock",)
    if age <= oldest:
        return ()
    return (
        f"{reference.name}: it was taken {as_duration(age)} ago, more than {as_duration(oldest)}; lamps and sensors "
        "drift: take it again",
    )


def _share(count: int, size: int) -> str:
    """Say which part of the samples it is: in percent, unless that would read as none."""
    return f"{count / size:.2%} of the samples are" if count / size >= 0.001 else f"{count} of {size} samples are"


def as_duration(seconds: float) -> str:
    """Say a duration as people do: 40 s, 12 min, 3.5 h, 2 days."""
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size or (seconds >= size and unit != "days"):
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


_DARKEN = "see that the lights are off and the shutter or the cap is closed"
