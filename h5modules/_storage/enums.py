"""The kinds of files, groups and arrays that PyMoDAQ's node convention knows."""

from __future__ import annotations

from h5modules.data.enums import BaseEnum

__all__ = ["DataType", "FileType", "GroupType", "SaveType"]


class SaveType(BaseEnum):
    """What a file was made for: the attribute ``type`` of /RawData."""

    scan = 0
    detector = 1
    logger = 2
    custom = 3
    actuator = 4
    optimizer = 5


class GroupType(BaseEnum):
    """What a group holds: its attribute ``type``."""

    detector = 0
    actuator = 1
    data = 2
    ch = 3
    scan = 4
    external_h5 = 5
    data_dim = 6
    data_logger = 7


class FileType(BaseEnum):
    """What a file holds mostly."""

    detector = 0
    actuator = 1
    axis = 2
    scan = 3


class DataType(BaseEnum):
    """What an array is: its attribute ``data_type`` is the name, its own name begins with the value."""

    data = "Data"
    axis = "Axis"
    live_scan = "Live"
    external_h5 = "ExtData"
    strings = "Strings"
    bkg = "Bkg"
    data_enlargeable = "EnlData"
    error = "ErrorBar"
