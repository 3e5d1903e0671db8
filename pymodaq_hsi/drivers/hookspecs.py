"""How a package offers its drivers.

In the package's ``setup.cfg``::

    [options.entry_points]
    pymodaq_hsi.plugins =
        mycamera = my_package.plugin

and in ``my_package/plugin.py``::

    @hookimpl
    def pymodaq_hsi_drivers():
        return [MyCamera]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymodaq_hsi.drivers.base import Driver

__all__ = ["ENTRY_POINT_GROUP", "PROJECT_NAME", "hookimpl", "hookspec", "pymodaq_hsi_drivers"]

PROJECT_NAME = "pymodaq_hsi"
ENTRY_POINT_GROUP = "pymodaq_hsi.plugins"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)


@hookspec
def pymodaq_hsi_drivers() -> Sequence[type[Driver]]:  # type: ignore[empty-body]
    """Return the driver classes of the plugin."""
