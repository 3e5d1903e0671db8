"""A station: devices, references and the engine behind commands and events, here or in a process of its own.

Names are imported when they are first used: a program that only attaches loads no driver, no file format and no plan.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_HOMES = {
    "api": ("StationApi",),
    "client": ("StationClient", "attach"),
    "feeds": ("Feed", "Picture"),
    "folder": ("Record", "records"),
    "server": ("StationServer",),
    "starting": ("ensure_station",),
    "station": ("Station",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'pymodaq_hsi.station' has no attribute {name!r}")
    value = getattr(import_module(f"pymodaq_hsi.station.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
