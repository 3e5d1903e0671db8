"""What is known of a parameter: plain data that checks values and travels between processes."""

from __future__ import annotations

import difflib
import math
import os
import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.drivers.entries import EnumerationEntry, entries_of
from pymodaq_hsi.drivers.enums import AccessMode, ParameterListType, ParameterType
from pymodaq_hsi.errors import ParameterError, UnknownParameter

if TYPE_CHECKING:
    from enum import Enum

__all__ = ["EnumerationEntry", "ParameterInfo", "ParameterSpec", "Value"]

Value = bool | int | float | str
"""What a parameter can hold; an enumeration holds the name of its entry."""

_TRUE = frozenset({"true", "on", "yes", "1"})
_FALSE = frozenset({"false", "off", "no", "0"})
_WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")
_LONGEST_SHOWN = 300
_MOST_LISTED = 40
_FINEST = 2.0**53
"""Steps from the origin beyond which a float is coarser than the steps."""


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """All that is known of one parameter at one moment.

    Attributes
    ----------
    name, type, access, category
        Its identity, its type, what may be done with it now, and which of the three lists it is in.
    default : bool, int, float, str or None
        None for a command, and for a file that has to be given.
    minimum, maximum, increment : float or None
        Limits in `unit`; an increment counts from the minimum (from 0 where there is none).
    entries : tuple of EnumerationEntry
        The choices of an enumeration.
    affects : tuple of str
        Names of the parameters whose limits or access may change when this one is set.
    affects_reference : bool
        A reference taken under another value of this parameter does not fit any more.
    locked_while_acquiring : bool
        Setting it during an acquisition is refused.
    required : bool
        Connecting without it is refused.
    file_filter : str
        A glob pattern of the files that a file parameter takes, such as ``*.hdr``.

    Raises
    ------
    ParameterError
        No name, a limit that is not a number, a minimum above the maximum, an increment that is not positive, or
        entries with the same name.
    """

    name: str
    type: ParameterType
    access: AccessMode = AccessMode.ReadWrite
    category: ParameterListType = ParameterListType.Parameter
    display_name: str = ""
    description: str = ""
    unit: str = ""
    default: Value | None = None
    minimum: float | None = None
    maximum: float | None = None
    increment: float | None = None
    entries: tuple[EnumerationEntry, ...] = ()
    affects: tuple[str, ...] = ()
    affects_reference: bool = False
    locked_while_acquiring: bool = False
    required: bool = False
    file_filter: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ParameterError(f"a parameter needs a name, a string, not {self.name!r}")
        object.__setattr__(self, "access", _member(self.name, "access", AccessMode, self.access))
        object.__setattr__(self, "category", _member(self.name, "category", ParameterListType, self.category))
        for field, no_limit in (("minimum", -math.inf), ("maximum", math.inf), ("increment", None)):
            object.__setattr__(self, field, _limit(self.name, field, getattr(self, field), no_limit))
        object.__setattr__(self, "entries", entries_of(self.name, self.entries))
        for field in ("display_name", "description", "unit", "file_filter"):
            object.__setattr__(self, field, getattr(self, field) or "")
        low, high = self.minimum, self.maximum
        if low is not None and high is not None and low > high:
            raise ParameterError(
                f"{self.name}: its minimum {plain_number(low)} is above its maximum {plain_number(high)}; "
                "change both in one update"
            )
        if self.increment is not None and not self.increment > 0:
            raise ParameterError(f"{self.name}: its increment is {self.increment!r}; give one above 0, or None")

    def check(self, value: object, *, device: str = "") -> Value:
        """Return `value` in this parameter's type.

        Strings are understood for every type: ``"On"``, ``"123"``, ``"1.5e3"``, an entry's name, a path.

        Raises
        ------
        ParameterError
            With the parameter, the value and what it takes, before anything is touched.
        """
        match self.type:
            case ParameterType.Boolean:
                return self._boolean(value, device)
            case ParameterType.Integer | ParameterType.Float:
                return self._within_limits(self._number(value, device), value, device)
            case ParameterType.Enumeration:
                return self._entry(value, device)
            case ParameterType.String:
                if isinstance(value, str):
                    return value
                raise self._refusal(value, "a string", device)
            case ParameterType.File:
                return self._file(value, device)
            case ParameterType.Command:
                raise self._refusal(value, "no value: it is a command, execute it", device)

    def convert(self, value: object) -> Value:
        """Return what a driver says the value is in this parameter's type: NumPy's numbers become plain.

        Limits are not looked at: a device may stand outside of them, and a reading may be NaN.

        Raises
        ------
        ParameterError
            It cannot be a value of this type.
        """
        plain = value.item() if isinstance(value, (np.generic, np.ndarray)) and value.size == 1 else value
        match self.type:
            case ParameterType.Boolean if isinstance(plain, (bool, int)):
                return bool(plain)
            case ParameterType.Integer if isinstance(plain, Integral) and abs(int(plain)) < 2**63:
                return int(plain)
            case ParameterType.Integer if isinstance(plain, float) and plain.is_integer() and abs(plain) < 2**63:
                return int(plain)
            case ParameterType.Float if isinstance(plain, Real) and not isinstance(plain, Integral):
                return float(plain)
            case ParameterType.Float if isinstance(plain, Integral) and abs(int(plain)) < 2**1000:
                return float(plain)
            case ParameterType.Enumeration:
                return self._entry(plain, "")
            case ParameterType.String | ParameterType.File if isinstance(plain, (str, os.PathLike)):
                return str(os.fspath(plain))
        raise self._refusal(value, self.expectation(), "")

    def with_changes(self, **changes: Any) -> ParameterSpec:
        """Return a copy with other limits, access, entries or texts."""
        return replace(self, **changes)

    def expectation(self) -> str:
        """Say in words which values are taken."""
        match self.type:
            case ParameterType.Boolean:
                return "true or false (also on/off, yes/no, 1/0)"
            case ParameterType.Enumeration:
                return "one of " + ", ".join(entry.name for entry in self.entries)
            case ParameterType.Integer | ParameterType.Float:
                return self._range()
            case ParameterType.File:
                return f"the path of a file{' (' + self.file_filter + ')' if self.file_filter else ''} that is there"
        return "a string"

    def _range(self) -> str:
        kind = "an integer" if self.type is ParameterType.Integer else "a number"
        unit = f" {self.unit}" if self.unit else ""
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            return f"{kind} from {plain_number(low)} to {plain_number(high)}{unit}"
        if low is not None:
            return f"{kind} of at least {plain_number(low)}{unit}"
        if high is not None:
            return f"{kind} of at most {plain_number(high)}{unit}"
        if self.type is ParameterType.Integer:
            kind += " of 64 bits"
        return f"{kind} in{unit}" if unit else kind

    def _refusal(self, value: object, expected: str, device: str) -> ParameterError:
        where = f"{device}: " if device else ""
        shown = reprlib.repr(value) if not isinstance(value, str) else repr(value[:_LONGEST_SHOWN])
        return ParameterError(f"{where}{self.name} = {shown} is refused: it takes {expected}", device=device)

    def _boolean(self, value: object, device: str) -> bool:
        word = str(value).strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise self._refusal(value, self.expectation(), device)

    def _number(self, value: object, device: str) -> int | float:
        if isinstance(value, bool) or not isinstance(value, (str, Real)):
            raise self._refusal(value, self.expectation(), device)
        whole = self.type is ParameterType.Integer
        try:
            if whole and (isinstance(value, Integral) or (isinstance(value, str) and _WHOLE.fullmatch(value))):
                number: int | float = int(value)
            else:
                number = float(value)
        except (ValueError, OverflowError):
            raise self._refusal(value, self.expectation(), device) from None
        if whole and abs(number) < 2**63 and int(number) == number:
            return int(number)
        if whole or not math.isfinite(number):
            raise self._refusal(value, self.expectation(), device)
        return number

    def _within_limits(self, number: int | float, value: object, device: str) -> int | float:
        low, high = self.minimum, self.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            raise self._refusal(value, self.expectation(), device)
        nearest = self._nearest_step(number)
        if abs(number - nearest) > max(1e-6 * (self.increment or 0), 4 * math.ulp(number), 4 * math.ulp(nearest)):
            step, origin = plain_number(self.increment or 0), plain_number(low if low is not None else 0)
            expected = f"steps of {step} from {origin}; the nearest is {plain_number(nearest)}"
            raise self._refusal(value, expected, device)
        return number

    def _nearest_step(self, number: int | float) -> int | float:
        origin, increment = self.minimum or 0, self.increment
        if increment is None or not abs(number - origin) / increment < _FINEST:
            return number
        steps = round((number - origin) / increment)
        if self.maximum is not None and origin + steps * increment > self.maximum:
            steps = math.floor((self.maximum - origin) / increment + 1e-6)
        return origin + steps * increment

    def _entry(self, value: object, device: str) -> str:
        for entry in self.entries:
            if value == entry.name or (not isinstance(value, (bool, str)) and value == entry.value):
                return entry.name
        raise self._refusal(value, self.expectation(), device)

    def _file(self, value: object, device: str) -> str:
        if not isinstance(value, (str, os.PathLike)):
            raise self._refusal(value, self.expectation(), device)
        if value == "" and not self.required:
            return ""  # none given
        if os.fspath(value) == "" and not self.required:
            return ""
        path = absolute_path(value)
        if not os.path.isfile(path):
            problem = "that is a folder" if os.path.isdir(path) else "there is no such file"
            raise self._refusal(path, f"{self.expectation()}, and {problem}", device)
        return path

    def to_message(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self)

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> ParameterSpec:
        """Build it from what `to_message` gave."""
        fields = dict(message)
        fields["type"] = ParameterType(fields["type"])
        fields["access"] = AccessMode(fields["access"])
        fields["category"] = ParameterListType(fields["category"])
        fields["entries"] = tuple(EnumerationEntry(**entry) for entry in fields["entries"])
        fields["affects"] = tuple(fields["affects"])
        return cls(**fields)


def _member(parameter: str, field: str, kind: type[Enum], value: object) -> Enum:
    for member in kind:
        if value in (member, member.name):  # plain numbers are equal to theirs
            return member
    raise ParameterError(
        f"{parameter}: {field}={value!r}; it is one of {', '.join(f'{kind.__name__}.{member.name}' for member in kind)}"
    )


def _limit(parameter: str, field: str, value: object, no_limit: float | None) -> float | None:
    """Return a limit as a plain number; an infinite one on its side is none."""
    number = value.item() if isinstance(value, np.generic) else value
    if number is None or number == no_limit:
        return None
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
        raise ParameterError(f"{parameter}: its {field} is {value!r}; give a finite number, or None")
    return number


class ParameterInfo(Mapping[str, ParameterSpec]):
    """A list of parameters by name, in the driver's order."""

    def __init__(self, specs: Iterable[ParameterSpec] = (), *, device: str = "") -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._device = device

    def __getitem__(self, name: str) -> ParameterSpec:
        try:
            return self._specs[name]
        except KeyError:
            raise unknown_parameter(name, self._specs, self._device) from None

    def __contains__(self, name: object) -> bool:
        return name in self._specs

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._specs))  # the device may tell of a new one meanwhile

    def __len__(self) -> int:
        return len(self._specs)

    def __repr__(self) -> str:
        return f"ParameterInfo({', '.join(self._specs)})"

    def parameters(self) -> list[ParameterSpec]:
        """Return all of them."""
        return list(self._specs.values())

    def parameter_names(self) -> list[str]:
        """Return their names."""
        return list(self._specs)

    def take(self, spec: ParameterSpec) -> None:
        """Add a parameter, or replace what was known of it."""
        self._specs[spec.name] = spec

    def of_category(self, category: ParameterListType) -> ParameterInfo:
        """Return those of one of the three lists."""
        return ParameterInfo((s for s in self._specs.values() if s.category is category), device=self._device)

    def check_values(self, values: Mapping[str, object]) -> dict[str, Value]:
        """Return `values` checked, completed by the defaults.

        Raises
        ------
        UnknownParameter, ParameterError
            For a name that is not in the list, a value that is refused, or a required one that is missing.
        """
        for name in values:
            if name not in self._specs:
                raise unknown_parameter(name, self._specs, self._device)
        checked: dict[str, Value] = {}
        for spec in self._specs.values():
            if spec.name in values:
                checked[spec.name] = spec.check(values[spec.name], device=self._device)
            elif spec.required:
                raise ParameterError(
                    f"{self._device or 'the device'} needs {spec.name}: give {spec.expectation()}",
                    device=self._device,
                )
            elif spec.default is not None:
                checked[spec.name] = spec.default
        return checked


def absolute_path(path: str | os.PathLike[str]) -> str:
    """Return a path that means the same in every working directory."""
    return os.path.abspath(os.path.expanduser(os.fspath(path)))


def plain_number(number: float) -> str:
    """Write a number as people do: 16777216, 0.1, 1e+30."""
    if float(number).is_integer() and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.10g}"


def unknown_parameter(name: str, known: Iterable[str], device: str = "") -> UnknownParameter:
    """Return the error for a parameter name that is not there, with the nearest that is."""
    names = list(known)
    near = difflib.get_close_matches(str(name).lower(), [known_name.lower() for known_name in names], n=1, cutoff=0.5)
    nearest = next((known_name for known_name in names if near and known_name.lower() == near[0]), None)
    hint = f" Did you mean {nearest}?" if nearest else ""
    listed = f" Its parameters: {_listed(names)}." if names else " It has no parameters."
    return UnknownParameter(f"{device or 'the device'} has no parameter {name!r}.{hint}{listed}", device=device)


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_LISTED])
    return shown if len(names) <= _MOST_LISTED else f"{shown} and {len(names) - _MOST_LISTED} more"
