"""The dashboard: a window of panels onto a station, which goes on without it.

A panel is a widget that is registered as an entry point of the group ``pymodaq_hsi.panels``::

    [options.entry_points]
    pymodaq_hsi.panels =
        weather = my_package.weather:WeatherPanel

    class WeatherPanel(Panel):
        title = "Weather"

It gets a `PanelContext` and nothing else: the link to the station, what the user has selected, the place for messages.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from pymodaq_hsi._lazy import lazy_names

try:
    import PyQt5.QtWidgets  # noqa: F401

    if find_spec("pyqtgraph") is None:  # it is loaded later, while the station starts
        raise ImportError("No module named 'pyqtgraph'")
except ImportError as error:  # said here once, in words, for all that is below
    raise ImportError(f"the dashboard needs PyQt5 and pyqtgraph ({error}): pip install pymodaq-hsi[gui]") from error

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.link import StationLink
    from pymodaq_hsi.dashboard.mirror import StationMirror
    from pymodaq_hsi.dashboard.notices import Level, Notice, Notices
    from pymodaq_hsi.dashboard.panel import Area, Panel, PanelContext, Selection
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = [
    "Area",
    "Level",
    "Notice",
    "Notices",
    "Panel",
    "PanelContext",
    "Selection",
    "StationLink",
    "StationMirror",
    "Theme",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "link": ("StationLink",),
        "mirror": ("StationMirror",),
        "notices": ("Level", "Notice", "Notices"),
        "panel": ("Area", "Panel", "PanelContext", "Selection"),
        "theme": ("Theme",),
    },
)
