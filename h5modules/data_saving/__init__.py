"""Savers and loaders of axes and data, in PyMoDAQ's node convention.

=================================  ==============================================================================
`AxisSaverLoader`                  an axis
`DataSaverLoader`                  data at once; `BkgSaver` its background, `ErrorSaverLoader` its error bars
`DataEnlargeableSaver`             data row by row, in arrays that grow
`DataExtendedSaver`                data point by point, in arrays with the dimensions of a scan in front
`DataToExportSaver`                sets of data at once, each data in a channel
`DataToExportEnlargeableSaver`     sets of data row by row; `DataToExportTimedSaver` with their times
`DataToExportExtendedSaver`        sets of data point by point
`DataLoader`                       loads what any of them saved, with the axes of the scan
=================================  ==============================================================================

Each works on an open `H5SaverLowLevel`, which it shares, or on a path, whose file it opens and closes. Each is a
context manager.
"""

from __future__ import annotations

from h5modules._storage.enums import DataType
from h5modules.data_saving._axes import AxisSaverLoader
from h5modules.data_saving._bundle import DataBundle
from h5modules.data_saving._enlargeable import DataEnlargeableSaver
from h5modules.data_saving._export import SPECIAL_GROUP_NAMES, DataToExportSaver
from h5modules.data_saving._export_enlargeable import DataToExportEnlargeableSaver, DataToExportTimedSaver
from h5modules.data_saving._export_extended import DataToExportExtendedSaver
from h5modules.data_saving._extended import DataExtendedSaver
from h5modules.data_saving._loader import DataLoader
from h5modules.data_saving._management import DataManagement
from h5modules.data_saving._whole import BkgSaver, DataSaverLoader, ErrorSaverLoader
from h5modules.errors import AxisError

__all__ = [
    "SPECIAL_GROUP_NAMES",
    "AxisError",
    "AxisSaverLoader",
    "BkgSaver",
    "DataBundle",
    "DataEnlargeableSaver",
    "DataExtendedSaver",
    "DataLoader",
    "DataManagement",
    "DataSaverLoader",
    "DataToExportEnlargeableSaver",
    "DataToExportExtendedSaver",
    "DataToExportSaver",
    "DataToExportTimedSaver",
    "DataType",
    "ErrorSaverLoader",
]
