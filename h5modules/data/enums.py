"""What kind of data it is: its dimensionality, its source, its distribution."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TYPE_CHECKING, TypeVar

from h5modules.errors import UnknownMember

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Averaging", "BaseEnum", "DataDim", "DataDistribution", "DataSource", "DwaType", "enum_checker"]

E = TypeVar("E", bound=Enum)


class BaseEnum(Enum):
    """An enum whose members equal their names, because attributes in files are the names.

    >>> DataSource.raw == "raw", DataSource.names()
    (True, ['raw', 'calculated'])
    """

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
    def values(cls) -> list[Any]:
        """Values of all members."""
        return [member.value for member in cls]

    @classmethod
    def to_dict(cls) -> dict[str, Any]:
        """Values by name."""
        return {member.name: member.value for member in cls}

    @classmethod
    def to_dict_value(cls) -> dict[Any, str]:
        """Names by value."""
        return {member.value: member.name for member in cls}


class DataDim(BaseEnum):
    """Dimensionality of the signal; data with navigation axes, or with more than two axes, is DataND.

    Members are ordered: ``DataDim.Data0D < DataDim.Data1D``.
    """

    Data0D = 0
    Data1D = 1
    Data2D = 2
    DataND = 3

    def __lt__(self, other: DataDim | str) -> bool:
        return self.dim_index < enum_checker(DataDim, other).dim_index

    def __le__(self, other: DataDim | str) -> bool:
        return self.dim_index <= enum_checker(DataDim, other).dim_index

    def __gt__(self, other: DataDim | str) -> bool:
        return self.dim_index > enum_checker(DataDim, other).dim_index

    def __ge__(self, other: DataDim | str) -> bool:
        return self.dim_index >= enum_checker(DataDim, other).dim_index

    @property
    def dim_index(self) -> int:
        """The number in the member's name; 3 for DataND."""
        return int(self.value)

    @staticmethod
    def from_data_array(data_array: Any) -> DataDim:
        """Dimensionality of an array all of whose axes are signal axes.

        Parameters
        ----------
        data_array : ndarray
            Or anything with a shape.

        Examples
        --------
        >>> import numpy as np
        >>> DataDim.from_data_array(np.zeros((256, 640)))
        <DataDim.Data2D: 2>
        """
        return DataDim.from_shape(data_array.shape)

    @staticmethod
    def from_shape(shape: tuple[int, ...], *, navigation: bool = False) -> DataDim:
        """Dimensionality of arrays of this shape; `navigation` says that some of their axes are navigation axes."""
        ndim = len(shape)
        if navigation or ndim > 2:
            return DataDim.DataND
        if ndim == 2:
            return DataDim.Data2D
        return DataDim.Data0D if ndim == 0 or shape[0] == 1 else DataDim.Data1D


class DataSource(BaseEnum):
    """Whether an instrument gave the data, or a computation."""

    raw = 0
    calculated = 1


class DataDistribution(BaseEnum):
    """Whether the navigation points lie on a grid (uniform), or anywhere (spread).

    Spread data has one navigation dimension; each of its navigation axes has the index of that dimension and a
    `spread_order` of its own.
    """

    uniform = 0
    spread = 1


class Averaging(StrEnum):
    """Names under which averaged data carries its history as extra attributes."""

    AVERAGED = "averaged"
    N_AVERAGED = "n_averaged"


class DwaType(BaseEnum):
    """Names of the data classes."""

    DataWithAxes = 0
    DataRaw = 1
    DataActuator = 2
    DataFromPlugins = 3
    DataCalculated = 4


def enum_checker(enum: type[E], item: E | str | None) -> E:
    """Return the member that `item` is or names, in whatever case.

    Raises
    ------
    UnknownMember
    """
    if isinstance(item, enum):
        return item
    if isinstance(item, str):
        for name, member in enum.__members__.items():
            if name.lower() == item.lower():
                return member
    raise UnknownMember(
        f"{item!r} is no {enum.__name__}: pass one of {', '.join(enum.__members__)}, as a member or by its name"
    )
