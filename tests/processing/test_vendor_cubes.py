"""What vendors write into headers of raw cubes counts when the cubes are calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pymodaq_hsi.envi import open_envi, write_envi
from pymodaq_hsi.errors import ReferenceMismatch
from pymodaq_hsi.processing import calibrate_cube

if TYPE_CHECKING:
    from pathlib import Path


def raw(path: Path, white: dict[str, object] | None = None, **said: object) -> Path:
    counts = np.full((5, 4, 3), 1000, "uint16")
    counts[2, 1, 0] = 65535
    write_envi(path.with_name(f"{path.stem}_White"), np.full((2, 4, 3), 2000, "u2"), metadata=white)  # type: ignore[arg-type]
    write_envi(path.with_name(f"{path.stem}_Dark"), np.zeros((2, 4, 3), "u2"), metadata=white)  # type: ignore[arg-type]
    return write_envi(path, counts, wavelengths=[400, 500, 600], **said)  # type: ignore[arg-type]


def test_samples_that_hyspex_marks_as_saturated_are_nan(tmp_path: Path) -> None:
    header = raw(tmp_path / "leaf.hdr", data_ignore_value=65535)
    expected = np.full((5, 4, 3), 0.5, "f4")
    expected[2, 1, 0] = np.nan
    calibrate_cube(header, tmp_path / "out.hdr")
    np.testing.assert_allclose(open_envi(tmp_path / "out.hdr").data, expected, rtol=1e-6)


@pytest.mark.parametrize("key", ["tint", "tint2", "shutter", "spectral binning"])
def test_references_of_other_settings_are_refused_by_the_words_of_vendors(tmp_path: Path, key: str) -> None:
    header = raw(tmp_path / "leaf.hdr", white={key: 8.0}, metadata={key: 4.0})
    with pytest.raises(ReferenceMismatch, match=r"4\.0.*8\.0|8\.0.*4\.0"):
        calibrate_cube(header, tmp_path / "out.hdr", saturation=65535)


def test_what_scaled_the_raw_samples_is_not_said_of_reflectance(tmp_path: Path) -> None:
    said = {"data gain values": [2, 2, 2], "data reflectance gain values": [3, 3, 3], "sensor type": "FX10"}
    calibrate_cube(raw(tmp_path / "leaf.hdr", metadata=said), tmp_path / "out.hdr", saturation=65535)
    found = open_envi(tmp_path / "out.hdr")
    assert found.header.metadata["sensor type"] == "FX10"
    np.testing.assert_array_equal(found.scaled(), found.data)
