"""The kinds of files, groups and arrays that PyMoDAQ's node convention knows."""

from __future__ import annotations

from enum import Enum

__all__ = ["DataType", "FileType", "GroupType", "SaveType"]


class _Kind(Enum):
    """An enum whose members equal their names, because attributes in files are the names."""

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.name == other
        return self is other

    def __hash__(self) -> int:
        return hash(self.name)

    @classmethod
    def names(cls) -> list[str]:
        """Names of all members."""
        return list(cls.__members__)

    @classmethod
    def values(cls) -> list[object]:
        """Values of all members."""
        return [member.value for member in cls]


class SaveType(_Kind):
    """What a file was made for: the attribute ``type`` of /RawData."""

    scan = 0
    detector = 1
    logger = 2
    custom = 3
    actuator = 4
    optimizer = 5


class GroupType(_Kind):
    """What a group holds: its attribute ``type``."""

    detector = 0
    actuator = 1
    data = 2
    ch = 3
    scan = 4
    external_h5 = 5
    data_dim = 6
    data_logger = 7


class FileType(_Kind):
    """What a file holds mostly."""

    detector = 0
    actuator = 1
    axis = 2
    scan = 3


class DataType(_Kind):
    """What an array is: its attribute ``data_type`` is the name, its own name begins with the value."""

    data = "Data"
    axis = "Axis"
    live_scan = "Live"
    external_h5 = "ExtData"
    strings = "Strings"
    bkg = "Bkg"
    data_enlargeable = "EnlData"
    error = "ErrorBar"
