"""Attributes of nodes, as values and as they stand in the file. Nothing of them is evaluated or unpickled."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import tables

from h5modules.errors import AttributeWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from h5modules.backends import Node

__all__ = ["decoded_attributes", "json_ready", "raw_attributes"]


def decoded_attributes(node: Node) -> dict[str, Any]:
    """Return all attributes as values; one that is not understood as the text that it is, without a warning."""
    with _quietly():
        return node.attrs.to_dict()


def raw_attributes(node: Node) -> dict[str, object]:
    """Return all attributes as they are in the file: text as str, also JSON; bytes that are no UTF-8 as bytes."""
    with _quietly():
        return {name: _text(node.attrs.raw(name)) for name in node.attrs}


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Leave warnings about single attributes out: whoever looks at all of them sees which have no value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AttributeWarning)
        warnings.simplefilter("ignore", tables.DataTypeWarning)
        yield


def _text(value: object) -> object:
    if isinstance(value, bytes | np.bytes_):
        try:
            return bytes(value).decode("utf-8")
        except UnicodeDecodeError:
            return bytes(value)
    if isinstance(value, np.generic):
        return value.item()
    return value


def json_ready(value: object) -> object:
    """Return `value` in types that JSON has; what JSON has no form for as text."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        return json_ready(value.tolist())
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    if isinstance(value, dict):
        return {str(key): json_ready(item) for key, item in value.items()}
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
