"""Cubes that are played come back bit for bit."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pymodaq_hsi as hsi
from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.errors import ConnectionFailed, DriverError, HsiError, ParameterError

if TYPE_CHECKING:
    from pathlib import Path


look = functools.cache(hsi.enumerate_devices)


def connect_virtual(name: str, parameters: dict[str, object] | None = None) -> hsi.DeviceGroup:
    """Connect a virtual device; they are looked for once."""
    return hsi.connect(look().device(name), parameters)


def cube(lines: int, pixels: int, bands: int, dtype: str = "uint16", seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4096, (lines, pixels, bands)).astype(dtype)


def played(parameters: dict[str, object], count: int, reference: str | None = None) -> np.ndarray:
    with connect_virtual("VirtualHyperCamera", parameters) as group:
        camera = group.primary_device()
        with camera.acquire(20, reference) as acquisition:
            return np.array([buffer.copy() for buffer in acquisition.buffers(count, timeout=20.0)])


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.tuples(*[st.integers(1, 12)] * 3),
    dtype=st.sampled_from(["uint8", "int16", "uint16", "int32", "float32", "float64"]),
    interleave=st.sampled_from(["bip", "bil", "bsq"]),
    order=st.sampled_from(["little", "big"]),
)
def test_every_type_interleave_and_byte_order_is_played_bit_for_bit(
    tmp_path: Path, shape: tuple[int, int, int], dtype: str, interleave: str, order: str
) -> None:
    data = cube(*shape, dtype=dtype)
    header = tmp_path / "cube.hdr"
    write_envi(header, data, interleave=interleave, byte_order=order, overwrite=True)
    frames = played({"Cube": header}, shape[0] + 1)
    assert frames.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(frames[:-1], data)
    np.testing.assert_array_equal(frames[-1], data[0])


def test_references_are_played_by_name_and_reflectance_is_the_formula(tmp_path: Path) -> None:
    data, white, dark = cube(30, 40, 20), cube(7, 40, 20, seed=1) + 5000, cube(5, 40, 20, seed=2) // 40
    paths = {}
    for name, content in {
        "Cube": data,
        "WhiteReferenceCube": white.astype("uint16"),
        "DarkReferenceCube": dark,
    }.items():
        paths[name] = tmp_path / f"{name}.hdr"
        write_envi(paths[name], content.astype("uint16"), wavelengths=np.linspace(400, 1000, 20))
    with connect_virtual("VirtualHyperCamera", paths) as group:
        camera = group.primary_device()
        references = {name: hsi.measure_reference(camera, name) for name in ("WhiteReference", "DarkReference")}
        assert references["WhiteReference"].count == 7
        assert references["DarkReference"].count == 5
        parameters = hsi.InstrumentParameters(references["WhiteReference"], references["DarkReference"])
        context = hsi.RecordingContext(camera, parameters, hsi.ValueType.Reflectance, sigmas=0)
        with camera.acquire() as acquisition:
            got = np.array([context.process(buffer) for buffer in acquisition.buffers(30, timeout=20.0)])
    w, d = white.mean(axis=0), dark.astype("uint16").mean(axis=0)
    np.testing.assert_allclose(got, (data - d) / (w - d), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(context.wavelengths, np.linspace(400, 1000, 20))


def test_a_slow_reader_loses_nothing_of_a_cube(tmp_path: Path) -> None:
    data = cube(60, 16, 8)
    write_envi(tmp_path / "cube.hdr", data)
    with connect_virtual("VirtualHyperCamera", {"Cube": tmp_path / "cube.hdr"}) as group:
        camera = group.primary_device()
        camera.set_parameter("FrameRate", 5000)
        with camera.acquire(5) as acquisition:
            numbers = []
            for buffer in acquisition.buffers(60, timeout=20.0):
                np.linalg.eigvals(np.random.default_rng(0).random((40, 40)))  # a reader that has other things to do
                np.testing.assert_array_equal(buffer.data, data[buffer.number])
                numbers.append(buffer.number)
            assert acquisition.dropped == 0
    assert numbers == list(range(60))


def test_a_missing_reference_is_named(tmp_path: Path) -> None:
    write_envi(tmp_path / "cube.hdr", cube(5, 4, 3))
    with (
        connect_virtual("VirtualHyperCamera", {"Cube": tmp_path / "cube.hdr"}) as group,
        pytest.raises(HsiError, match="WhiteReferenceCube on connecting"),
    ):
        hsi.measure_reference(group.primary_device(), "WhiteReference")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: {"Cube": folder / "nothing.hdr"}, "nothing.hdr"),
        (lambda folder: {"Cube": write_envi(folder / "a.hdr", cube(5, 4, 3)),
                         "WhiteReferenceCube": write_envi(folder / "w.hdr", cube(5, 7, 3))},
         r"\(7, 3\).*\(4, 3\)"),
        (lambda folder: {"WhiteReferenceCube": write_envi(folder / "w.hdr", cube(5, 7, 3))}, "without a Cube"),
        (lambda folder: {"Qube": folder / "a.hdr"}, "Did you mean Cube|did you mean Cube"),
    ],
)  # fmt: skip
def test_bad_connection_parameters_are_refused_in_words(tmp_path: Path, make: object, said: str) -> None:
    with pytest.raises((ConnectionFailed, DriverError, ParameterError, HsiError), match=said):
        connect_virtual("VirtualHyperCamera", make(tmp_path))  # type: ignore[operator]


def test_a_header_that_contradicts_its_data_is_refused_with_both_sizes(tmp_path: Path) -> None:
    write_envi(tmp_path / "cube.hdr", cube(5, 4, 3))
    text = (tmp_path / "cube.hdr").read_text()
    (tmp_path / "cube.hdr").write_text(text.replace("samples = 4", "samples = 4000"))
    with pytest.raises(HsiError, match=r"cube"):
        connect_virtual("VirtualHyperCamera", {"Cube": tmp_path / "cube.hdr"})
