"""A station: devices, references and the engine behind commands and events, here or in a process of its own."""

from __future__ import annotations

from pymodaq_hsi.station.api import StationApi
from pymodaq_hsi.station.client import StationClient, attach
from pymodaq_hsi.station.feeds import Feed, Picture
from pymodaq_hsi.station.folder import Record, records
from pymodaq_hsi.station.server import StationServer
from pymodaq_hsi.station.starting import ensure_station
from pymodaq_hsi.station.station import Station

__all__ = [
    "Feed",
    "Picture",
    "Record",
    "Station",
    "StationApi",
    "StationClient",
    "StationServer",
    "attach",
    "ensure_station",
    "records",
]
