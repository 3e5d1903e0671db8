"""The facade with drivers that have every type of parameter, and that crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pymodaq_hsi.compat.fluxengine as fluxEngine

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Gadgets


@pytest.fixture
def h() -> fluxEngine.Handle:
    return fluxEngine.Handle()


def test_connection_parameters_are_strings_of_any_type(h: fluxEngine.Handle, gadgets: Gadgets, tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("k")
    settings = fluxEngine.ConnectionSettings("Zoo", fluxEngine.DriverType.Instrument, "0")
    settings.connectionParameters["Log"] = str(gadgets.log_file)
    with pytest.raises(fluxEngine.ParameterError, match="needs Key"):
        fluxEngine.DeviceGroup(h, settings)
    settings.connectionParameters["Key"] = str(tmp_path / "key.txt")
    settings.connectionParameters["Port"] = "3"
    with fluxEngine.DeviceGroup(h, settings) as group:
        zoo = group.primaryDevice()
        for text, value in {"True": True, "Off": False, "Yes": True, "0": False, "On": True}.items():
            zoo.setParameter("Switch", text)
            assert zoo.getParameter("Switch") is value
        zoo.setParameter("ExposureTime", "5e2")
        assert zoo.getParameter("ExposureTime") == 500.0
        assert zoo.setParameter("Count", "15") == 15
        mode = zoo.parameterList().parameter("Mode")
        entry = mode.entries[-1]
        zoo.setParameter("Mode", entry.name)
        assert zoo.getParameter("Mode") == entry.name
        assert entry.effectiveDisplayName() == (entry.displayName or entry.name)
        zoo.executeCommand("Zero")
        with pytest.raises(fluxEngine.ParameterError, match="it takes"):
            zoo.setParameter("ExposureTime", "much")
        with pytest.raises(fluxEngine.UnknownParameter, match="Did you mean ExposureTime"):
            zoo.getParameter("ExposureTme")


def test_a_crashed_camera_is_told_and_can_be_reconnected(h: fluxEngine.Handle, gadgets: Gadgets) -> None:
    settings = fluxEngine.ConnectionSettings("Camera", 0, "0")
    settings.connectionParameters["Log"] = str(gadgets.log_file)
    with fluxEngine.DeviceGroup(h, settings) as group:
        camera = group.primaryDevice()
        camera.setParameter("CrashAt", 1)
        camera.startAcquisition()
        buffer = camera.retrieveBuffer(5000)
        assert buffer is not None
        with pytest.raises(fluxEngine.DriverCrashed):
            camera.retrieveBuffer(5000)
        assert not camera.connected
        assert buffer.getData().shape == (4, 6)
        camera.returnBuffer(buffer)
        group.reconnect(30000)
        assert camera.connected
