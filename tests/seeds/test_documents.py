"""The examples of the device and reference documents, as written, against the virtual camera.

`examples/` has them one by one; what was lost in the documents (everything that looked like ``name.attribute``) is put
back as `spec/devices.md` of the project does. They build on each other, as in the documents: names are shared.
"""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pymodaq_hsi.compat.fluxengine as fluxEngine
from pymodaq_hsi.devices import installed_plugins
from pymodaq_hsi.devices.plugins import BLOCKED
from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.processing.models import BandRatio

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parent / "examples"
LINES, PIXELS, BANDS = 40, 16, 12


class Session:
    """The names that the examples share, and what they print."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"fluxEngine": fluxEngine, "h": fluxEngine.Handle()}
        self.said = ""

    def run(self, *examples: str) -> None:
        """Run examples; the text that they print is in `said`."""
        for example in examples:
            text = (EXAMPLES / f"{example}.txt").read_text(encoding="utf-8")
            if os.name == "nt":  # nobody may write there
                text = text.replace("C:\\cube", "cube")
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(text, f"{example}.txt", "exec"), self.names)
            self.said = printed.getvalue()

    def __getitem__(self, name: str) -> Any:
        return self.names[name]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the programs run."""
    folder = tmp_path_factory.mktemp("documents")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def cubes(folder: Path) -> dict[str, np.ndarray]:
    """The cubes that the documents' camera plays, where the documents say they are."""
    random = np.random.default_rng(4)
    made = {
        "": random.integers(200, 3000, (LINES, PIXELS, BANDS)).astype("uint16"),
        "_White": random.integers(3000, 3100, (12, PIXELS, BANDS)).astype("uint16"),
        "_Dark": random.integers(90, 110, (12, PIXELS, BANDS)).astype("uint16"),
    }
    prefix = "" if os.name == "nt" else "C:\\"  # a file name like any other elsewhere
    for suffix, data in made.items():
        write_envi(folder / f"{prefix}cube{suffix}.hdr", data, wavelengths=np.linspace(450, 950, BANDS))
    return made


@pytest.fixture(scope="module")
def connected(cubes: dict[str, np.ndarray]) -> Iterator[Session]:
    """Connected as the documents do it."""
    others = [plugin.name for plugin in installed_plugins() if plugin.name != "virtual"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(BLOCKED, ",".join(others))  # the documents take the first device of all
        session = Session()
        session.run("handle", "enumerate", "settings", "cubes", "connect")
        yield session
        session["deviceGroup"].close()


@pytest.fixture
def session(connected: Session) -> Session:
    """The same, as it was after connecting."""
    connected["camera"].setParameter("ExposureTime", 5)
    return connected


def test_enumeration_prints_drivers_devices_and_their_parameters(session: Session) -> None:
    session.run("enumerate")
    assert "Found driver VirtualHyperCamera, type 0, description and version: " in session.said
    assert "Found device Virtual hyperspectral camera, driver: 0/VirtualHyperCamera" in session.said
    assert "  - parameter WhiteReferenceCube of type File" in session.said


def test_parameters_are_listed_read_and_set(session: Session) -> None:
    session.run("parameters")
    assert "  - parameter ExposureTime of type Float" in session.said
    assert session.said.endswith("ExposureTime = 5.0\nExposureTime = 3500.0\n")


def test_a_buffer_is_retrieved_printed_and_returned(session: Session, cubes: dict[str, np.ndarray]) -> None:
    session.run("buffer")
    assert session.said == f"{cubes[''][0]}\n"
    with pytest.raises(fluxEngine.BufferReturned):
        session["buffer"].getData()


def test_recording_gives_reflectance_by_the_formula(session: Session, cubes: dict[str, np.ndarray]) -> None:
    session.run("parameters", "buffer", "white", "dark", "recording")
    np.testing.assert_array_equal(session["whiteBuffer"].data, cubes["_White"][:10])
    info = session["recordingInfo"]
    np.testing.assert_allclose(info.wavelengths, np.linspace(450, 950, BANDS), rtol=1e-6)
    white, dark = (cubes[name][:10].mean(axis=0) for name in ("_White", "_Dark"))
    assert info.whiteReference.shape == (1, PIXELS, BANDS)
    assert info.whiteReference.dtype == np.float32
    np.testing.assert_allclose(info.darkReference[0], dark, rtol=1e-6)
    recorded = session["recordingData"]
    assert (recorded.count, recorded.capacity()) == (150, 500)
    expected = (cubes[""][np.arange(150) % LINES] - dark) / (white - dark)
    np.testing.assert_allclose(recorded.getData(), expected, rtol=2e-6, atol=1e-7)


def test_processing_gives_what_the_model_says(session: Session, cubes: dict[str, np.ndarray]) -> None:
    session.run("buffer", "white", "dark", "recording")
    session.names["model"] = fluxEngine.Model(session["h"], BandRatio(900, 700))
    session.run("processing")
    assert session["data"].shape == (PIXELS,)
    white, dark = (cubes[name][:10].mean(axis=0) for name in ("_White", "_Dark"))
    line = (cubes[""][29] - dark) / (white - dark)
    near = [int(np.argmin(np.abs(np.linspace(450, 950, BANDS) - wanted))) for wanted in (900, 700)]
    np.testing.assert_allclose(session["data"], line[:, near[0]] / line[:, near[1]], rtol=1e-4)


def test_references_are_exported_imported_and_compared(session: Session, cubes: dict[str, np.ndarray]) -> None:
    session.run("parameters", "white", "references")
    np.testing.assert_array_equal(session["imported"].getData(), cubes["_White"][:10])
    assert "ExposureTime was 3500.0 and is 4000.0" in session.said
    assert session["ignored"].count == 10
    parameters = fluxEngine.InstrumentParameters()
    parameters.whiteReference = session["ignored"]
    kind = fluxEngine.ProcessingContext.InstrumentHSIRecording
    fluxEngine.ProcessingContext(None, kind, session["camera"], parameters, fluxEngine.ValueType.Reflectance)


def test_measurement_lists_have_cube_wavelengths_and_references(cubes: dict[str, np.ndarray], folder: Path) -> None:
    for suffix, data in cubes.items():
        write_envi(folder / f"cube{suffix}.hdr", data, wavelengths=np.linspace(450, 950, BANDS), overwrite=True)
    session = Session()
    session.run("measurements")
    assert f"{(LINES, PIXELS, BANDS)}" in session.said
    assert f"{(12, PIXELS, BANDS)}" in session.said
    np.testing.assert_array_equal(session["measurements"].data(0), cubes[""])
