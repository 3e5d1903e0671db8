"""Data from measurements, in memory and in HDF5 files that PyMoDAQ opens.

====================  ================================================================================
`h5modules.data`          axes, arrays with axes, sets of them
`h5modules.data_saving`   savers and the loader
`h5modules.saving`        the file: groups, arrays, log
`h5modules.images`        images and cubes with their corrections, and series of them
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
        "DataBase",
        "DataCalculated",
        "DataDim",
        "DataDistribution",
        "DataRaw",
        "DataSource",
        "DataToExport",
        "DataWithAxes",
        "Q_",
        "Unit",
        "ureg",
    ),
    "h5modules.saving": ("H5SaverLowLevel",),
    "h5modules.images": ("HSImage", "HSSeries"),
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
_MODULES = frozenset({"asynchronous", "backends", "browsing", "data", "data_saving", "images", "saving"})
_NEED_PINT = frozenset({"Q_", "Unit", "ureg"})

__all__ = sorted(_HOME.keys() - _NEED_PINT)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name == "__version__":
        from h5modules._storage.versions import distribution_version

        return distribution_version()
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_MODULES, "__version__"})
