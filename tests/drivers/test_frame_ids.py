"""Frame ids that wrap become numbers that do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymodaq_hsi.drivers import FrameIds
from pymodaq_hsi.errors import FrameGeometryError

KINDS = st.sampled_from([(16, True), (16, False), (8, True), (32, False), (64, False)])


def id_of(number: int, first: int, bits: int, skips_zero: bool) -> int:
    """Count as the instrument does."""
    lowest = 1 if skips_zero else 0
    return (first - lowest + number) % (2**bits - lowest) + lowest


@given(KINDS, st.integers(1, 255), st.lists(st.integers(1, 100), max_size=400))
def test_gaps_are_what_they_are_however_often_the_ids_wrap(
    kind: tuple[int, bool], first: int, steps: list[int]
) -> None:
    ids = FrameIds(kind[0], skips_zero=kind[1])
    number = 0
    assert ids.number(id_of(0, first, *kind)) == 0
    for step in steps:
        number += step
        assert ids.number(id_of(number, first, *kind)) == number


def test_the_wrap_of_gige_vision_is_one_step() -> None:
    ids = FrameIds()
    assert [ids.number(frame_id) for frame_id in (65534, 65535, 1, 2, 5)] == [0, 1, 2, 3, 6]


def test_a_frame_that_comes_late_keeps_its_place_and_costs_the_next_nothing() -> None:
    ids = FrameIds()
    assert [ids.number(frame_id) for frame_id in (65534, 1, 65535, 2, 65000)] == [0, 2, 1, 3, 0]


@pytest.mark.parametrize(("skips_zero", "frame_id"), [(True, 0), (False, -1), (True, 65536)])
def test_what_is_no_id_is_refused_with_those_that_are(skips_zero: bool, frame_id: int) -> None:
    with pytest.raises(FrameGeometryError, match=rf"^{frame_id} is not a frame id: they go from . to 65535; the inst"):
        FrameIds(skips_zero=skips_zero).number(frame_id)


@pytest.mark.parametrize("bits", [1, 65])
def test_ids_of_too_few_or_too_many_bits_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=f"frame ids of {bits} bits cannot be counted"):
        FrameIds(bits)
