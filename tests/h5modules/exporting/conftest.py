"""A scan of five positions with a camera, a spectrometer and a power meter, and the numbers that went in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import DataToExportExtendedSaver
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from pathlib import Path

SCAN = "/RawData/Scan000"
DETECTOR = f"{SCAN}/Detector000"


@dataclass(frozen=True)
class Scan:
    path: Path
    frames: np.ndarray
    spectra: np.ndarray
    power: np.ndarray
    positions: np.ndarray
    wavelengths: np.ndarray


@pytest.fixture(scope="package")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    rng = np.random.default_rng(7)
    made = Scan(
        tmp_path_factory.mktemp("scan") / "scan.h5",
        rng.integers(0, 4096, (5, 6, 7)).astype(np.uint16),
        rng.normal(size=(5, 7)),
        np.array([0.0, -1.5, np.nan, 1e-300, 2.0]),
        np.linspace(0, 1.2, 5),
        np.array([400.0, 450, 500, 560, 620, 700, 801.25]),
    )
    made.frames[0, 0] = 0
    spectral = Axis("Wavelength", "nm", made.wavelengths, index=1)
    with H5SaverLowLevel.from_file(made.path, new_file=True) as file:
        group = file.add_scan_group(title="A leaf <&>")
        detector = file.add_det_group(group, title="camera")
        saver = DataToExportExtendedSaver(file, extended_shape=(5,))
        saver.add_nav_axes(group, [Axis("Position", "mm", made.positions)])
        for point in range(5):
            spectrum = made.spectra[point]
            frame = DataRaw(
                "Frame",
                data=[made.frames[point]],
                units="counts",
                labels=["Image"],
                axes=[Axis("Pixel", "", np.arange(6.0)), spectral],
            )
            curves = DataRaw(
                "Spectrum",
                data=[spectrum, -spectrum],
                errors=[abs(spectrum), abs(spectrum) / 2],
                units="V",
                labels=["a", "b, c"],
                axes=[Axis("Wavelength", "nm", made.wavelengths)],
                gain=3,
            )
            power = DataRaw("Power", data=[made.power[point : point + 1]], units="mW", labels=["P"])
            saver.add_data(detector, DataToExport("meters", data=[frame, curves, power]), (point,))
    return made
