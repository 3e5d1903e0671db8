"""Data from measurements, in memory and in HDF5 files that PyMoDAQ opens.

====================  ================================================================================
`h5modules.data`          axes, arrays with axes, sets of them
`h5modules.data_saving`   savers and the loader
`h5modules.saving`        the file: groups, arrays, log
`h5modules.asynchronous`  a thread that owns a saver and its file, behind a queue
`h5modules.errors`        the errors, one tree
====================  ================================================================================

Importing this package imports nothing of it but `errors`; names below are looked up when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "h5modules.data": (
        "Axis",
        "DataCalculated",
        "DataDim",
        "DataDistribution",
        "DataRaw",
        "DataSource",
        "DataToExport",
        "DataWithAxes",
    ),
    "h5modules.saving": ("H5SaverLowLevel",),
    "h5modules.asynchronous": ("AsynchronousWriter",),
    "h5modules.data_saving": (
        "AxisSaverLoader",
        "BkgSaver",
        "DataEnlargeableSaver",
        "DataExtendedSaver",
        "DataLoader",
        "DataSaverLoader",
        "DataToExportEnlargeableSaver",
        "DataToExportExtendedSaver",
        "DataToExportSaver",
        "DataToExportTimedSaver",
        "ErrorSaverLoader",
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
