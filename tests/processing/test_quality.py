"""A reference says what is wrong with it."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest

from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.processing import Reference
from pymodaq_hsi.processing.quality import age_warning, as_duration, pair_warnings

FORMAT = FrameFormat((4, 5), "uint16", 1, saturation=4095)


def reference(name: str, level: float, **changes: Any) -> Reference:
    format = changes.pop("format", FORMAT)
    return Reference.from_frames(f"{name}Reference", [np.full((4, 5), level)], format, **changes)


@pytest.mark.parametrize(
    ("name", "level", "said"),
    [
        ("White", 3000, None),
        ("White", 4095, "100.00% of the samples are saturated"),
        ("White", 100, "reaches 2.4% of the full scale of 4095 counts; 10% and more are wanted"),
        ("Dark", 64, None),
        ("Dark", 2000, "reaches 48.8% of the full scale of 4095 counts, at most 20% are expected; see that the lights"),
        ("Dark", 4095, "saturated"),
        ("White", math.nan, "no numbers"),
    ],
)
def test_saturated_weak_and_bright_references_are_told(name: str, level: float, said: str | None) -> None:
    warnings = reference(name, level).warnings
    if said is None:
        assert warnings == ()
    else:
        assert said in " ".join(warnings)


def test_one_saturated_sample_is_told() -> None:
    frame = np.full((4, 5), 3000)
    frame[2, 2] = 4095
    (warning,) = Reference.from_frames("WhiteReference", [frame], FORMAT).warnings
    assert "5.00% of the samples are saturated" in warning
    frame = np.full((100, 50), 3000)
    frame[2, 2] = 4095
    (warning,) = Reference.from_frames(
        "WhiteReference", [frame], FrameFormat((100, 50), "uint16", 1, None, 4095)
    ).warnings
    assert "1 of 5000 samples are saturated" in warning


def test_without_a_full_scale_nothing_is_guessed() -> None:
    assert reference("White", 1, format=FrameFormat((4, 5), "uint16", 1)).warnings == ()


def test_white_and_dark_that_are_alike_are_told() -> None:
    (warning,) = pair_warnings(reference("White", 600), reference("Dark", 500))
    assert "it is 500 counts where the WhiteReference is 600" in warning
    assert pair_warnings(reference("White", 3000), reference("Dark", 60)) == ()


def test_age_is_known_and_told_above_a_stated_one() -> None:
    old = reference("White", 3000, timestamp=time.time() - 7200)
    assert old.age == pytest.approx(7200, abs=60)
    (warning,) = age_warning(old, 3600)
    assert "taken 2 h ago, more than 1 h" in warning
    assert age_warning(old, 8000) == age_warning(old, None) == ()
    (warning,) = age_warning(reference("White", 3000, timestamp=time.time() + 86400 * 3), 3600)
    assert "3 days in the future" in warning
    unknown = reference("White", 3000, timestamp=0.0)
    assert math.isnan(unknown.age)
    assert age_warning(unknown, 1) == ()


def test_durations_are_said_as_people_do() -> None:
    assert [as_duration(s) for s in (5, 90, 7200, 90000, 200000)] == ["5 s", "1.5 min", "2 h", "25 h", "2.31 days"]
