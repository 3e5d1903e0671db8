"""A station: devices, references and the engine behind commands and events, here or in a process of its own.

Names are imported when they are first used: a program that only attaches loads no driver, no file format and no plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi._lazy import lazy_names

if TYPE_CHECKING:
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

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "api": ("StationApi",),
        "client": ("StationClient", "attach"),
        "feeds": ("Feed", "Picture"),
        "folder": ("Record", "records"),
        "server": ("StationServer",),
        "starting": ("ensure_station",),
        "station": ("Station",),
    },
)
