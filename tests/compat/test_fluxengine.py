"""The facade beyond the documents' examples: tables of names, all spellings, lights, errors, measurement lists."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pymodaq_hsi.compat.fluxengine as fluxEngine
from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.processing.models import BandRatio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import PluginSite


@pytest.fixture(scope="module")
def h() -> fluxEngine.Handle:
    return fluxEngine.Handle(b"license")


@pytest.fixture(scope="module")
def found(h: fluxEngine.Handle) -> fluxEngine.EnumerationResult:
    return fluxEngine.enumerateDevices(h, fluxEngine.DriverType.Unknown, 4000)


def settings_of(found: fluxEngine.EnumerationResult, driver: str) -> fluxEngine.ConnectionSettings:
    (device,) = (each for each in found.devices if each.driver.name == driver)
    return fluxEngine.ConnectionSettings(device.driver.name, device.driver.type, device.id)


@pytest.fixture(scope="module")
def camera(h: fluxEngine.Handle, found: fluxEngine.EnumerationResult) -> Iterator[fluxEngine.InstrumentDevice]:
    settings = settings_of(found, "VirtualHyperCamera")
    settings.id = settings.id.encode()  # theirs are bytes
    with fluxEngine.DeviceGroup(h, settings, 60000) as group:
        camera = group.primaryDevice()
        camera.setParameter("PixelCount", "20")
        camera.setParameter("BandCount", 30)
        yield camera


def fill(camera: fluxEngine.InstrumentDevice, container: Any, count: int, reference: str | None = None) -> None:
    p = fluxEngine.InstrumentDevice.AcquisitionParameters()
    p.referenceName = reference
    camera.startAcquisition(p)
    try:
        for _ in range(count):
            buffer = camera.retrieveBuffer(5000)
            assert buffer is not None
            container.add(buffer)
            camera.returnBuffer(buffer)
    finally:
        camera.stopAcquisition()


def test_numbers_are_those_of_the_documents() -> None:
    assert {kind.name: kind.value for kind in fluxEngine.DriverType} == {
        "Unknown": -1, "Instrument": 0, "Actuator": 1, "LightControl": 2,
    }  # fmt: skip
    assert [fluxEngine.DriverState(n).name for n in (-1, 0, 1, 2, 3, 4)] == [
        "Unknown", "OK", "LoadTimeout", "LoadError", "EnumerationError", "Crashed",
    ]  # fmt: skip
    access = fluxEngine.ParameterInfo.AccessMode
    assert [access(n).name for n in range(4)] == ["NotAvailable", "ReadOnly", "WriteOnly", "ReadWrite"]
    assert [kind.name for kind in fluxEngine.ParameterInfo.Type] == [
        "Boolean", "Integer", "Float", "Enumeration", "String", "File", "Command",
    ]  # fmt: skip
    assert [each.name for each in fluxEngine.Device.ParameterListType] == ["Parameter", "MetaInfo", "Status"]
    assert (fluxEngine.ValueType.Intensity, fluxEngine.ValueType.Reflectance) == (0, 1)
    assert fluxEngine.ReferenceImportFlag.IgnoreParameterMismatch == 1


def test_every_exported_name_is_there() -> None:
    for name in fluxEngine.__all__:
        assert getattr(fluxEngine, name) is not None
    assert fluxEngine.versionString().startswith(f"{fluxEngine.versionMajor()}.{fluxEngine.versionMinor()}")


@pytest.mark.parametrize(("kind", "drivers"), [(0, {"VirtualHyperCamera"}), (2, {"VirtualLight"})])
def test_drivers_are_enumerated_by_type(h: fluxEngine.Handle, kind: int, drivers: set[str]) -> None:
    result = fluxEngine.enumerateDevices(h, kind, 1000)
    assert {driver.name for driver in result.drivers} == drivers
    assert {device.driver.name for device in result.devices} == drivers
    assert all(driver.state == fluxEngine.DriverState.OK for driver in result.drivers)


def test_an_enumerated_device_says_who_it_is(found: fluxEngine.EnumerationResult) -> None:
    (device,) = (each for each in found.devices if each.driver.name == "VirtualHyperCamera")
    assert device.displayName == device.displayName() == "Virtual hyperspectral camera"
    assert (device.identity, device.serialNumber) == ("VirtualHyperCamera:VHC-0", "VHC-0")
    assert device.parameterInfo.parameterNames()[0] == "Cube"
    cube = device.parameterInfo.parameter("Cube")
    assert (cube.type, cube.default, cube.effectiveDisplayName()) == ("File", "", "Cube")


def test_a_broken_driver_is_listed_with_its_error(h: fluxEngine.Handle, site: PluginSite) -> None:
    site.install("broken", "raise OSError('no such library: vendor.dll')\n")
    result = fluxEngine.enumerateDevices(h, -1, 4000)
    (driver,) = result.drivers
    assert driver.state == fluxEngine.DriverState.LoadError == 2
    assert "vendor.dll" in result.errors[0].message


def test_changed_limits_are_told_and_the_info_follows(camera: fluxEngine.InstrumentDevice) -> None:
    told: list[str] = []
    arrived = threading.Event()

    def note(parameters: list[fluxEngine.Parameter]) -> None:
        told.extend(parameter.name for parameter in parameters)
        if "FrameRate" in told:
            arrived.set()

    rate = camera.parameterList(fluxEngine.Device.ParameterListType.Parameter).parameter("FrameRate")
    end = camera.onParametersChanged(note)
    try:
        camera.setParameter("ExposureTime", 20)
        assert arrived.wait(20.0)
        assert rate.maximum == 50.0
        assert rate.accessMode == fluxEngine.ParameterInfo.AccessMode.ReadWrite
    finally:
        end()
        camera.setParameter("ExposureTime", 5)
    meta = camera.parameterList(fluxEngine.Device.ParameterListType.MetaInfo)
    assert "CubeLines" in meta.parameterNames()
    assert camera.parameterList().parameter("ExposureTime").affectedParameters == ["FrameRate"]


def test_a_timeout_gives_none_and_a_stopped_camera_an_error(camera: fluxEngine.InstrumentDevice) -> None:
    camera.setParameter("FrameRate", 0.2)
    try:
        camera.startAcquisition(fluxEngine.InstrumentDevice.AcquisitionParameters())
        first = camera.retrieveBuffer(5000)
        assert first is not None
        assert (first.number, first.droppedBefore) == (0, 0)
        assert first.data.shape == (20, 30)
        camera.returnBuffer(first)
        assert camera.retrieveBuffer(50) is None
    finally:
        camera.stopAcquisition()
        camera.setParameter("FrameRate", 200)
    with pytest.raises(fluxEngine.AcquisitionError, match="no acquisition is running"):
        camera.retrieveBuffer(50)
    with pytest.raises(fluxEngine.AcquisitionError, match="not None; that is None when no frame came in time"):
        camera.returnBuffer(None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        fluxEngine.InstrumentDevice.AcquisitionParameters().buffercount = 3  # type: ignore[attr-defined]
    with pytest.raises(fluxEngine.UnknownParameter, match="has no parameter None"):
        camera.getParameter(None)  # type: ignore[arg-type]


def test_lights_are_forced_off_for_dark_references_and_by_hand(
    h: fluxEngine.Handle, found: fluxEngine.EnumerationResult, camera: fluxEngine.InstrumentDevice
) -> None:
    with fluxEngine.DeviceGroup(h, settings_of(found, "VirtualLight")) as group:
        light = group.primaryDevice()
        light.setState(fluxEngine.LightControlDevice.ForcedOff)
        assert light.getState() == light.state == fluxEngine.LightControlDevice.State.ForcedOff
        light.state = fluxEngine.LightControlDevice.Parametrized
        p = fluxEngine.InstrumentDevice.AcquisitionParameters(5, "DarkReference")
        camera.startAcquisition(p)
        assert light.state == fluxEngine.LightControlDevice.ForcedOff
        camera.stopAcquisition()
        assert light.state == fluxEngine.LightControlDevice.Parametrized
        assert light.getParameter("Enabled") is True


def test_containers_count_refuse_and_ring(camera: fluxEngine.InstrumentDevice) -> None:
    container = fluxEngine.BufferContainer(camera, 2)
    fill(camera, container, 2)
    assert container.count == container.count() == container.capacity == len(container) == 2
    with pytest.raises(fluxEngine.AcquisitionError, match="holds 2 frames already"):
        fill(camera, container, 1)
    ring = fluxEngine.createRingBufferContainer(camera, 2)
    fill(camera, ring, 3)
    assert ring.getData().shape == (2, 20, 30)
    with pytest.raises(fluxEngine.CalibrationError, match="ring container"):
        fluxEngine.exportReference(camera, ring, "never.hsiref")
    with pytest.raises(fluxEngine.AcquisitionError, match="raw frames"):
        container.addLastResult()
    with pytest.raises(TypeError, match="made for an InstrumentDevice, not for None"):
        fluxEngine.BufferContainer(None, 2)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="made for a recording context, not for <InstrumentDevice"):
        fluxEngine.createBufferContainerForRecordingContext(camera, 2)  # type: ignore[arg-type]


def test_imported_references_serve_as_what_they_are_given_for(
    camera: fluxEngine.InstrumentDevice, tmp_path: Path
) -> None:
    plain = fluxEngine.BufferContainer(camera, 3)
    fill(camera, plain, 3)  # acquired as nothing: the file cannot say what it is
    fluxEngine.exportReference(camera, plain, tmp_path / "plain.fluxref")
    imported = fluxEngine.importReference(camera, tmp_path / "plain.fluxref", None)
    np.testing.assert_array_equal(imported.data, plain.data)
    fluxEngine.exportReference(camera, imported, tmp_path / "again.hsiref")
    again = fluxEngine.importReference(camera, tmp_path / "again.hsiref")
    ip = fluxEngine.InstrumentParameters()
    ip.whiteReference = again
    dark = fluxEngine.BufferContainer(camera, 2)
    fill(camera, dark, 2, "DarkReference")
    ip.darkReference = dark
    ctx = fluxEngine.ProcessingContext(None, fluxEngine.ProcessingContext.InstrumentHSIRecording, camera, ip)
    np.testing.assert_allclose(ctx.hsiRecordingResultInfo().whiteReference[0], plain.data.mean(axis=0), rtol=1e-6)
    ip.whiteReference = dark
    with pytest.raises(fluxEngine.CalibrationError, match="exchange them"):
        fluxEngine.ProcessingContext(None, fluxEngine.ProcessingContext.InstrumentHSIRecording, camera, ip)
    with pytest.raises(AttributeError):
        ip.whitereference = dark  # type: ignore[attr-defined]


def test_contexts_say_what_they_need(camera: fluxEngine.InstrumentDevice) -> None:
    context = fluxEngine.ProcessingContext
    with pytest.raises(fluxEngine.ReferenceMissing, match="needs a white reference"):
        context(None, context.InstrumentHSIRecording, device=camera, valueType=fluxEngine.ValueType.Reflectance)
    with pytest.raises(fluxEngine.ModelError, match="needs a model"):
        context(None, context.InstrumentProcessing, device=camera)
    with pytest.raises(fluxEngine.ModelError, match="takes no model"):
        context(BandRatio(500, 450), context.InstrumentPreview, device=camera)
    with pytest.raises(fluxEngine.CalibrationError, match="no context type 7"):
        context(None, 7, device=camera)
    with pytest.raises(TypeError, match="needs device"):
        context(None, context.InstrumentPreview)
    with pytest.raises(TypeError, match="no argument 'devise'"):
        context(None, context.InstrumentPreview, devise=camera)
    with pytest.raises(TypeError, match="twice"):
        context(None, context.InstrumentPreview, camera, instrument=camera)
    preview = context(None, context.InstrumentPreview, camera=camera)
    with pytest.raises(fluxEngine.AcquisitionError, match="setSourceData"):
        preview.processNext()
    with pytest.raises(fluxEngine.AcquisitionError, match="no result yet"):
        preview.outputSinkData(0)
    with pytest.raises(fluxEngine.CalibrationError, match="records no lines"):
        preview.hsiRecordingResultInfo()


def test_all_spellings_of_results_and_containers(camera: fluxEngine.InstrumentDevice, tmp_path: Path) -> None:
    context = fluxEngine.ProcessingContext
    ratio = context(fluxEngine.Model(BandRatio(470, 430)), context.InstrumentProcessing, instrument=camera)
    record = context(None, context.InstrumentHSIRecording, camera)
    lines = fluxEngine.createBufferContainerForRecordingContext(record, 4)
    raw = fluxEngine.BufferContainer(camera, 1)
    fill(camera, raw, 1)
    frame = raw.data[0]
    for ctx in (ratio, record):
        ctx.setSourceData(frame)
        ctx.processNext()
    np.testing.assert_array_equal(ratio.outputSinkData(0), ratio.outputSinkData("Ratio"))
    with pytest.raises(IndexError, match=r"no output sink 1; there are 0 \(Ratio\)"):
        ratio.outputSinkData(1)
    lines.addLastResult(record)
    lines.addLastResult()
    lines.add(record)
    record.addLastResultTo(lines)
    np.testing.assert_array_equal(lines.data, [frame] * 4)
    h = fluxEngine.Handle()
    fluxEngine.saveMeasurementList(h, "ENVI", tmp_path / "cube.hdr", lines)
    loaded = fluxEngine.loadMeasurementList(h, "ENVI", tmp_path / "cube.hdr")
    np.testing.assert_array_equal(loaded.data(), lines.data)
    np.testing.assert_allclose(loaded.wavelengths(0), record.hsiRecordingResultInfo().wavelengths)
    assert loaded.valueType(0) == fluxEngine.ValueType.Intensity
    assert not loaded.hasReference("WhiteReference")
    with pytest.raises(KeyError, match="no WhiteReference; it has none"):
        loaded.referenceData(0, "WhiteReference")


def test_measurement_lists_are_saved_with_their_references(h: fluxEngine.Handle, tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    cube, white, dark = (random.random((n, 4, 3), np.float32) for n in (5, 2, 1))
    made = fluxEngine.createMeasurementList(
        cube, fluxEngine.ValueType.Reflectance, [400, 500, 600], whiteReference=white, darkReference=dark
    )
    fluxEngine.saveMeasurementList(h, made, "ENVI", str(tmp_path / "m"))
    fluxEngine.saveMeasurementList(h, "ENVI", str(tmp_path / "m.hdr"), made)  # the same file, replaced
    loaded = fluxEngine.loadMeasurementList(h, "ENVI", str(tmp_path / "m.hdr"))
    assert loaded.count == loaded.count() == len(loaded) == 1
    assert loaded.valueType(0) == fluxEngine.ValueType.Reflectance
    np.testing.assert_array_equal(loaded.data(0), cube)
    np.testing.assert_array_equal(loaded.referenceData("WhiteReference"), white)
    assert loaded.hasReference(0, "DarkReference")
    np.testing.assert_array_equal(loaded.referenceData(0, "DarkReference"), dark)
    with pytest.raises(IndexError, match="no measurement 1"):
        loaded.data(1)
    with pytest.raises(fluxEngine.EnviError, match='it is "ENVI"'):
        fluxEngine.loadMeasurementList(h, "TIFF", "x.tif")
    with pytest.raises(fluxEngine.EnviNotFound):
        fluxEngine.loadMeasurementList(h, "ENVI", str(tmp_path / "none.hdr"))


def test_scaled_reflectance_comes_back_as_shares(h: fluxEngine.Handle, tmp_path: Path) -> None:
    write_envi(tmp_path / "r.hdr", np.full((2, 3, 4), 5000, "uint16"), reflectance_scale_factor=10000)
    loaded = fluxEngine.loadMeasurementList(h, "ENVI", tmp_path / "r.hdr")
    assert loaded.valueType() == fluxEngine.ValueType.Reflectance
    np.testing.assert_allclose(loaded.data(), 0.5)


def test_a_handle_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"fluxEngine\.Handle"):
        fluxEngine.enumerateDevices(None, -1, 1000)  # type: ignore[arg-type]
    with pytest.raises(fluxEngine.Error, match="0 ms"):
        fluxEngine.enumerateDevices(fluxEngine.Handle(), -1, 0)
    with pytest.raises(fluxEngine.ModelError, match="ONNX file"):
        fluxEngine.Model(fluxEngine.Handle())


def test_drivers_in_the_base_directory_are_found(
    h: fluxEngine.Handle, site: PluginSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install("gadgets", None)
    site.add_module("faults")
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(site.folder)])
    assert fluxEngine.enumerateDevices(h, -1, 4000).drivers == []
    h.setDriverBaseDirectory(site.folder)
    assert "Zoo" in {driver.name for driver in fluxEngine.enumerateDevices(h, -1, 4000).drivers}
