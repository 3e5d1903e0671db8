"""What is known of parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.compat.fluxengine.words import Text
from pymodaq_hsi.drivers import AccessMode, ParameterType, Value
from pymodaq_hsi.drivers import EnumerationEntry as OurEntry

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import ParameterInfo as OurInfo
    from pymodaq_hsi.drivers import ParameterSpec

__all__ = ["EnumerationEntry", "Parameter", "ParameterInfo"]


class EnumerationEntry:
    """One choice of an enumeration.

    Attributes
    ----------
    name : str
    value : int
    displayName : str
        '' where there is none.
    """

    def __init__(self, entry: OurEntry) -> None:
        self.name = entry.name
        self.value = entry.value
        self.displayName = Text(entry.display_name)
        self._entry = entry

    def __repr__(self) -> str:
        return f"<EnumerationEntry {self.name} = {self.value}>"

    def effectiveDisplayName(self) -> str:
        """Return what to show."""
        return self._entry.effective_display_name()


class Parameter:
    """One parameter; what it says is what is true of the device when it is asked."""

    def __init__(self, info: OurInfo, name: str) -> None:
        self._info = info
        self.name = name

    def __repr__(self) -> str:
        return f"<Parameter {self.name} of type {self.type}>"

    @property
    def type(self) -> ParameterType:
        """`ParameterInfo.Type`."""
        return self._spec.type

    @property
    def accessMode(self) -> AccessMode:
        """`ParameterInfo.AccessMode`."""
        return self._spec.access

    @property
    def displayName(self) -> Text:
        """'' where there is none."""
        return Text(self._spec.display_name)

    @property
    def description(self) -> str:
        """A sentence."""
        return self._spec.description

    @property
    def unit(self) -> str:
        """Such as 'ms'."""
        return self._spec.unit

    @property
    def default(self) -> Value | None:
        """None for a command, or a file that has to be given."""
        return self._spec.default

    defaultValue = default

    @property
    def minimum(self) -> float | None:
        """None where there is no limit."""
        return self._spec.minimum

    @property
    def maximum(self) -> float | None:
        """None where there is no limit."""
        return self._spec.maximum

    @property
    def increment(self) -> float | None:
        """None where every value between the limits is taken."""
        return self._spec.increment

    @property
    def entries(self) -> list[EnumerationEntry]:
        """The choices of an enumeration."""
        return [EnumerationEntry(entry) for entry in self._spec.entries]

    enumerationEntries = entries

    @property
    def affectedParameters(self) -> list[str]:
        """Names of the parameters whose limits or access may change with it."""
        return list(self._spec.affects)

    def effectiveDisplayName(self) -> str:
        """Return what to show."""
        return self._spec.display_name or self.name

    @property
    def _spec(self) -> ParameterSpec:
        return self._info[self.name]


_Parameter = Parameter  # the class below has the documents' name for it inside


class ParameterInfo:
    """A list of parameters; it goes on to say what is true of the device."""

    Type = ParameterType
    AccessMode = AccessMode
    Parameter = Parameter
    EnumerationEntry = EnumerationEntry

    def __init__(self, info: OurInfo) -> None:
        self._info = info

    def __repr__(self) -> str:
        return f"<ParameterInfo {', '.join(self._info)}>"

    def __contains__(self, name: object) -> bool:
        return name in self._info

    def __len__(self) -> int:
        return len(self._info)

    def parameters(self) -> list[_Parameter]:
        """Return all of them."""
        return [Parameter(self._info, name) for name in self._info]

    def parameterNames(self) -> list[str]:
        """Return their names."""
        return self._info.parameter_names()

    def parameter(self, name: str) -> _Parameter:
        """Return the one of that name.

        Raises
        ------
        UnknownParameter
        """
        return Parameter(self._info, self._info[name].name)
