"""Contexts beside recording, and containers of lines, on the virtual camera."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pymodaq_hsi as hsi
from pymodaq_hsi.errors import AcquisitionError, CalibrationError, FrameGeometryError, ModelError
from pymodaq_hsi.processing import Panel, Reference
from pymodaq_hsi.processing.models import BandRatio, Model, PrincipalComponents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymodaq_hsi.devices import InstrumentDevice


@pytest.fixture(scope="module")
def camera() -> Iterator[InstrumentDevice]:
    with hsi.connect(hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0")) as group:
        camera = group.primary_device()
        camera.set_parameter("PixelCount", 20)
        yield camera


@pytest.fixture(scope="module")
def parameters(camera: InstrumentDevice) -> hsi.InstrumentParameters:
    dark = hsi.measure_reference(camera, "DarkReference", 5)
    return hsi.InstrumentParameters(hsi.measure_reference(camera, "WhiteReference", 5, dark=dark), dark)


def frames(camera: InstrumentDevice, count: int) -> list[np.ndarray]:
    with camera.acquire() as acquisition:
        return [buffer.copy() for buffer in acquisition.buffers(count, timeout=20.0)]


class Brightest(Model):
    """A user's own."""

    sinks = ("Level", "Band")

    def apply(self, line: Any) -> dict[str, Any]:
        return {"Band": line.argmax(axis=1), "Level": line.max(axis=1)}


def test_processing_is_the_model_on_the_recordings_line(
    camera: InstrumentDevice, parameters: hsi.InstrumentParameters
) -> None:
    (frame,) = frames(camera, 1)
    recording = hsi.RecordingContext(camera, parameters, hsi.ValueType.Reflectance)
    processing = hsi.ProcessingContext(camera, BandRatio(800, 600), parameters)
    expected = BandRatio(800, 600).bind(20, recording.wavelengths)(recording.process(frame))["Ratio"]
    np.testing.assert_array_equal(processing.process(frame)["Ratio"], expected)
    own = hsi.ProcessingContext(camera, Brightest())
    assert list(own.process(frame)) == ["Level", "Band"]
    np.testing.assert_array_equal(own.process(frame)["Level"], frame.max(axis=1))


def test_models_that_do_not_fit_are_refused_when_the_context_is_made(camera: InstrumentDevice) -> None:
    with pytest.raises(ModelError, match="takes 6 bands, the camera delivers 224"):
        hsi.ProcessingContext(camera, PrincipalComponents(np.zeros(6), np.eye(6)[:2]))
    with pytest.raises(ModelError, match="wants 1450 nm"):
        hsi.ProcessingContext(camera, BandRatio(1450, 600))
    with pytest.raises(ModelError, match="needs a model, not None"):
        hsi.ProcessingContext(camera, None)  # type: ignore[arg-type]


def test_a_preview_is_reflectance_where_it_can_be_and_never_refuses(
    camera: InstrumentDevice, parameters: hsi.InstrumentParameters
) -> None:
    (frame,) = frames(camera, 1)
    preview = hsi.PreviewContext(camera)
    np.testing.assert_allclose(preview.process(frame), frame / np.float32(4095), rtol=1e-6)
    assert preview.value_type is hsi.ValueType.Intensity
    preview = hsi.PreviewContext(camera, parameters)
    recording = hsi.RecordingContext(camera, parameters, hsi.ValueType.Reflectance)
    np.testing.assert_array_equal(preview.process(frame), recording.process(frame))
    camera.set_parameter("ExposureTime", 4.0)
    try:
        preview = hsi.PreviewContext(camera, parameters)
    finally:
        camera.set_parameter("ExposureTime", 5.0)
    assert preview.value_type is hsi.ValueType.Intensity
    assert "ExposureTime was 5.0 and is 4.0" in preview.warnings[0]


def test_lines_are_copied_into_a_container_until_it_is_full(camera: InstrumentDevice) -> None:
    context = hsi.RecordingContext(camera)
    container = hsi.create_buffer_container_for_recording_context(context, 3)
    with pytest.raises(AcquisitionError, match="processed nothing yet"):
        container.add_last_result()
    raw = frames(camera, 4)
    line = np.empty(context.shape, context.dtype)
    for frame in raw[:3]:
        context.process(frame, line)
        container.add_last_result()
    assert (container.count, container.capacity, container.full) == (3, 3, True)
    np.testing.assert_array_equal(container.data, raw[:3])
    with pytest.raises(AcquisitionError, match="holds 3 lines already"):
        container.add_last_result()
    with pytest.raises(FrameGeometryError, match="float64"):
        hsi.LineContainer(context, 1).add(line.astype(float))
    ring = hsi.LineContainer(context, 2, ring=True)
    for frame in raw:
        ring.add(context.process(frame))
    np.testing.assert_array_equal(ring.data, raw[2:])
    np.testing.assert_array_equal(ring.wavelengths, context.hsi_recording_result_info().wavelengths)


def test_the_references_panel_is_used_unless_another_is_given(
    camera: InstrumentDevice, parameters: hsi.InstrumentParameters
) -> None:
    white = parameters.white_reference
    assert isinstance(white, Reference)
    known = Reference(**(vars(white) | {"panel": Panel([500, 2000], [0.5, 0.5], "nan")}))
    (frame,) = frames(camera, 1)
    plain = hsi.RecordingContext(camera, parameters, hsi.ValueType.Reflectance).process(frame)
    given = hsi.InstrumentParameters(known, parameters.dark_reference)
    context = hsi.RecordingContext(camera, given, hsi.ValueType.Reflectance)
    below = context.wavelengths < 500
    np.testing.assert_allclose(context.process(frame)[:, ~below], plain[:, ~below] / 2, rtol=1e-6)
    assert np.isnan(context.process(frame)[:, below]).all()
    assert (context.validity[:, below] & hsi.Validity.PANEL_UNKNOWN).all()
    other = hsi.InstrumentParameters(known, parameters.dark_reference, panel_reflectivity=1.0)
    np.testing.assert_array_equal(hsi.RecordingContext(camera, other, hsi.ValueType.Reflectance).process(frame), plain)


def test_a_context_tells_what_is_wrong_with_its_references(
    camera: InstrumentDevice, parameters: hsi.InstrumentParameters
) -> None:
    good = hsi.RecordingContext(camera, parameters, hsi.ValueType.Reflectance)
    assert good.warnings == ()
    white = parameters.white_reference
    assert isinstance(white, Reference)
    old = Reference(**(vars(white) | {"timestamp": white.timestamp - 5 * 3600}))
    context = hsi.RecordingContext(camera, hsi.InstrumentParameters(old), hsi.ValueType.Reflectance)
    assert "taken 5 h ago, more than 4 h" in context.warnings[0]
    assert hsi.RecordingContext(camera, hsi.InstrumentParameters(old, oldest=None)).warnings == ()
    with pytest.raises(CalibrationError, match="str was given as the WhiteReference"):
        hsi.RecordingContext(camera, hsi.InstrumentParameters("white.hsiref"))  # type: ignore[arg-type]
