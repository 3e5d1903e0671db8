"""Timeouts and things to connect that cannot be are refused before anything is started."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from pymodaq_hsi.devices import ConnectionSettings, connect, enumerate_devices
from pymodaq_hsi.drivers import DriverType

if TYPE_CHECKING:
    from conftest import PluginSite

FOUND = """
from pymodaq_hsi.drivers import DeviceInfo, LightControlDriver, hookimpl
class Lamp(LightControlDriver):
    name = "Lamp"
    @classmethod
    def enumerate(cls): return [DeviceInfo("0")]
    def apply(self, state): pass
@hookimpl
def pymodaq_hsi_drivers(): return [Lamp]
"""


@pytest.mark.parametrize("timeout", [None, "5", True, [5]])
def test_a_timeout_that_is_no_number_is_refused(timeout: Any) -> None:
    settings = ConnectionSettings("Lamp", DriverType.LightControl, "0", timeout=timeout)
    for wait in (lambda: enumerate_devices(timeout=timeout), lambda: connect("Lamp", timeout=timeout)):
        with pytest.raises(TypeError, match="timeout is a number of seconds, not"):
            wait()
    with pytest.raises(TypeError, match="timeout is a number of seconds, not"):
        connect(settings)
    with pytest.raises(ValueError, match="not nan"):
        enumerate_devices(timeout=math.nan)


def test_waiting_for_ever_is_no_error(site: PluginSite) -> None:
    site.install("lamps", FOUND)
    found = enumerate_devices(timeout=math.inf)
    assert [device.id for device in found.devices] == ["0"]
    with connect(found.devices[0], timeout=math.inf) as group:
        group.primary_device().timeout = math.inf
        assert group.primary_device().values() == {"SettleTime": 0.0}


@pytest.mark.parametrize("device", [None, 5, b"Lamp", ["Lamp"]])
def test_what_cannot_be_connected_is_refused(device: Any) -> None:
    with pytest.raises(TypeError, match="connect takes a device that was enumerated, its settings or its name"):
        connect(device)


@pytest.mark.parametrize("parameters", [["Cube"], "Cube=x.hdr"])
def test_connection_parameters_are_given_by_name(parameters: Any) -> None:
    with pytest.raises(TypeError, match="connection parameters are values by name"):
        connect("Lamp", parameters)
