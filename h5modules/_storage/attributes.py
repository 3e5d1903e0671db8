"""The spelling of attributes in PyMoDAQ's files, read without running anything.

A value is a JSON object ``{"module": ..., "type": ..., "data": repr(value)}``. PyMoDAQ evaluates ``data``; here it is
parsed: the grammar below has literals, containers of them, and a handful of constructor calls that are looked up in a
table, so a file cannot name anything to run.
"""

from __future__ import annotations

import ast
import datetime
import enum
import json
import math
import warnings
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.errors import AttributeWarning

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RAW_NAMES", "decode", "encode", "plain"]

RAW_NAMES = frozenset({"CLASS", "TITLE", "VERSION", "EXTDIM", "FLAVOR", "FILTERS", "PYTABLES_FORMAT_VERSION"})
"""Attributes that belong to PyTables: plain text or numbers, never JSON."""

_OWN = "h5modules"  # marks the JSON text of a value that PyMoDAQ has no spelling for
_MAX_TEXT = 1 << 20  # a parser's memory grows faster than its input

_INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_CONSTRUCTORS: dict[str, Callable[..., object]] = {
    "datetime.datetime": datetime.datetime,
    "datetime.date": datetime.date,
    "datetime.time": datetime.time,
    "datetime.timedelta": datetime.timedelta,
    **{
        f"{prefix}{name}": np.dtype(name).type
        for prefix in ("np.", "numpy.")
        for name in (
            "float64",
            "float32",
            "float16",
            *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
        )
    },
    "np.bool": bool,
    "np.bool_": bool,
    "np.str_": str,
    "np.bytes_": bytes,
}
_NAMES = {"nan": math.nan, "inf": math.inf, "None": None, "True": True, "False": False}
_NUMBERS: dict[str, Callable[[Any], object]] = {
    "float": float,
    "float64": np.float64,
    "float32": float,
    "float16": float,
    "bool": bool,
    "bool_": bool,
    **dict.fromkeys(("int", *_INTEGERS), int),
}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "str_": str,
    "bytes": bytes,
    "bytes_": bytes,
    "tuple": tuple,
    "list": list,
    "dict": dict,
    "NoneType": type(None),
    "datetime": datetime.datetime,
    "date": datetime.date,
    "time": datetime.time,
    "timedelta": datetime.timedelta,
}


def plain(value: object) -> object:
    """Return `value` in the types that PyMoDAQ's loader knows: Python scalars, str, bytes, dates, tuples and lists.

    What has no such form (None, mappings, arrays, ...) becomes a str of JSON, which `decode` turns back.

    Raises
    ------
    TypeError
        The value has no JSON form either.
    """
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | float | str | bytes | datetime.datetime | datetime.date | datetime.time):
        return value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, tuple | list):
        items = [item.item() if isinstance(item, np.generic) else item for item in value]
        if all(isinstance(item, bool | int | float | str | bytes) for item in items):
            return type(value)(items) if type(value) in (tuple, list) else tuple(items)
    return json.dumps({_OWN: _tagged(value)}, ensure_ascii=False)


def _tagged(value: object) -> object:
    """Return a JSON form of `value`, with a tag where JSON would lose its type."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return _tagged(value.item())
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufSU":
        return {
            "ndarray": value.tolist() if value.dtype.kind != "S" else value.astype("U").tolist(),
            "dtype": value.dtype.str,
        }
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, list):
        return [_tagged(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [_tagged(item) for item in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: _tagged(item) for key, item in value.items()}}
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return {"iso": [type(value).__name__, value.isoformat()]}
    raise TypeError(
        f"an attribute cannot hold {value!r:.80} ({type(value).__name__}); numbers, text, dates, arrays of numbers, "
        f"and lists, tuples and dicts (with str keys) of them can: convert it first"
    )


def _untagged(value: Any) -> Any:
    """Turn what `_tagged` made back."""
    if isinstance(value, list):
        return [_untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"ndarray": items, "dtype": str(dtype)}:
            if np.dtype(dtype).hasobject:
                raise ValueError(f"dtype {dtype}")
            return np.array(items, dtype=dtype)
        case {"complex": [real, imaginary]}:
            return complex(real, imaginary)
        case {"tuple": list(items)}:
            return tuple(_untagged(item) for item in items)
        case {"dict": dict(items)}:
            return {key: _untagged(item) for key, item in items.items()}
        case {"iso": ["datetime" | "date" | "time" as kind, str(text)]}:
            parse: Callable[[str], object] = getattr(datetime, kind).fromisoformat
            return parse(text)
    raise ValueError("unknown tag")


def encode(value: object) -> bytes:
    """Return the JSON text, in ASCII, that stands for `value` in a file.

    Raises
    ------
    TypeError
        See `plain`.
    """
    value = plain(value)
    kind = type(value)
    return json.dumps({"module": kind.__module__, "type": kind.__name__, "data": repr(value)}).encode("ascii")


def decode(raw: object, *, name: str, node: str) -> Any:
    """Return the value that the attribute `name` of the node at path `node` stands for.

    Text that is not in PyMoDAQ's spelling is returned as str, numbers and arrays as they are. A type that is not
    known, or data that does not parse, gives the text and an `AttributeWarning`; nothing is ever evaluated.
    """
    if isinstance(raw, bytes | np.bytes_):
        raw = bytes(raw).decode("utf-8", "surrogateescape")
    if not isinstance(raw, str):
        return raw.item() if isinstance(raw, np.generic) and raw.dtype.kind in "biuf" else raw
    text = str(raw)
    if name in RAW_NAMES or not text.startswith("{"):
        return text
    try:
        fields = json.loads(text)
        if not (isinstance(fields, dict) and {"module", "type", "data"} <= fields.keys()):
            return text
        return _parse(str(fields["type"]), fields["data"])
    except (ValueError, TypeError, SyntaxError, OverflowError, RecursionError, MemoryError) as exc:
        warnings.warn(
            f"attribute {name!r} of {node} is not understood ({type(exc).__name__}: {exc!s:.80}) and comes back as "
            f"the text that it is: {text!r:.120}",
            AttributeWarning,
            stacklevel=3,
        )
        return text


def _parse(kind: str, data: object) -> Any:
    if not isinstance(data, str):
        raise ValueError(f"data is {type(data).__name__}, not text")
    if kind not in _NUMBERS and kind not in _TYPES:
        raise ValueError(f"type {kind!r} is not known")
    if len(data) > _MAX_TEXT:
        raise ValueError(f"{len(data)} characters of data")
    value = _literal(ast.parse(data.strip(), mode="eval").body)
    if kind in _NUMBERS:
        if not isinstance(value, bool | int | float | np.generic):
            raise ValueError(f"{kind} data is {type(value).__name__}")
        return _NUMBERS[kind](value)
    if not isinstance(value, _TYPES[kind]):
        raise ValueError(f"{kind} data is {type(value).__name__}")
    if isinstance(value, str) and value.startswith(f'{{"{_OWN}"'):
        return _untagged(json.loads(value)[_OWN])
    return value


def _literal(node: ast.expr) -> Any:
    """Return the value of an expression made of literals and of known constructors; ValueError for any other."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if name in _NAMES:
            return _NAMES[name]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            number = _literal(operand)
            if isinstance(number, bool) or not isinstance(number, int | float | np.number):
                raise ValueError("a sign before something that is not a number")
            return -number if isinstance(sign, ast.USub) else number
        case ast.Tuple(elts=items):
            return tuple(_literal(item) for item in items)
        case ast.List(elts=items):
            return [_literal(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            return {_key(key): _literal(item) for key, item in zip(keys, values, strict=True)}
        case ast.Call(func=ast.Attribute() as function, args=arguments, keywords=[]):
            name = ast.unparse(function)
            if name not in _CONSTRUCTORS:
                raise ValueError(f"{name} is not among the constructors that are allowed")
            return _CONSTRUCTORS[name](*(_literal(item) for item in arguments))
    raise ValueError(f"{type(node).__name__} is not a literal")


def _key(node: ast.expr | None) -> object:
    if not isinstance(node, ast.Constant):
        raise ValueError("a key that is not a literal")
    return node.value
