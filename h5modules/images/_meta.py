"""Meta data of images: known keys with units and types, and free ones with a name space.

The known keys are those of flimage and qpimage, in SI units, and a few that hyperspectral data needs.
"""

from __future__ import annotations

import difflib
import numbers
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from h5modules._storage import attributes
from h5modules.images.errors import MetaDataInvalid, MetaDataMissingError, UnknownMetaKey

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DATA_KEYS", "META_KEYS", "MetaData", "MetaKey", "checked"]


class MetaKey(NamedTuple):
    """What a known key stands for.

    Attributes
    ----------
    description : str
    unit : str
        SI unit; empty for text and for plain numbers.
    kind : type
        float, str, or object where several forms are usual.
    """

    description: str
    unit: str
    kind: type


META_KEYS: dict[str, MetaKey] = {
    "angle": MetaKey("acquisition angle", "rad", float),
    "date": MetaKey("acquisition date 'YYYY-MM-DD'", "", str),
    "device": MetaKey("device that took the image", "", str),
    "exposure time": MetaKey("time that the sensor was exposed", "s", float),
    "flimage version": MetaKey("version of flimage that wrote the image", "", str),
    "focus": MetaKey("focus position", "m", float),
    "identifier": MetaKey("name of the image, unique in a series", "", str),
    "medium index": MetaKey("refractive index of the medium", "", float),
    "numerical aperture": MetaKey("numerical aperture", "", float),
    "pixel size": MetaKey("size of a pixel", "m", float),
    "pos x": MetaKey("x position", "m", float),
    "pos y": MetaKey("y position", "m", float),
    "qpimage version": MetaKey("version of qpimage that wrote the image", "", str),
    "sim center": MetaKey("simulation: centre of the object", "px", object),
    "sim index": MetaKey("simulation: refractive index of the object", "", float),
    "sim model": MetaKey("simulation: model", "", str),
    "sim radius": MetaKey("simulation: radius of the object", "m", float),
    "software": MetaKey("software that took the image", "", str),
    "time": MetaKey("time of the image in its series", "s", float),
    "wavelength": MetaKey("wavelength, or wavelengths of the bands", "m", object),
}
"""Keys that are known, by name."""

DATA_KEYS = ("medium index", "pixel size", "time", "wavelength")
"""Keys that belong to the data: images that differ in them are not equal."""


def checked(meta: Mapping[str, object] | None) -> dict[str, Any]:
    """Return meta data with keys and values in order.

    Raises
    ------
    UnknownMetaKey, MetaDataInvalid
    """
    if meta is None:
        return {}
    try:
        items = dict(meta).items()
    except (TypeError, ValueError) as exc:
        raise MetaDataInvalid(
            f"meta data is a mapping of keys to values, not {type(meta).__name__}: {meta!r:.80}"
        ) from exc
    return {check_key(key): _value(key, value) for key, value in items}


def check_key(key: object) -> str:
    """Return a key that may be used.

    Raises
    ------
    UnknownMetaKey
    """
    if isinstance(key, str) and (key in META_KEYS or _is_free(key)):
        return key
    near = difflib.get_close_matches(str(key).lower(), META_KEYS, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise UnknownMetaKey(
        f"unknown meta data key {key!r}: {hint}Known are {', '.join(META_KEYS)}; keys of your own have a name space: "
        f"'sample:name'",
        key=key,
    )


def _is_free(key: str) -> bool:
    space, colon, name = key.partition(":")
    return bool(colon and space.strip() and name.strip())


def _value(key: str, value: object) -> Any:
    kind = META_KEYS[key].kind if key in META_KEYS else object
    if isinstance(value, np.generic):
        value = value.item()
    if kind is float:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            unit = f" in {META_KEYS[key].unit}" if META_KEYS[key].unit else ""
            raise MetaDataInvalid(
                f"meta data {key!r} is {value!r} ({type(value).__name__}), where a number{unit} is expected", key=key
            )
        return value if isinstance(value, int) else float(value)
    if kind is str and not isinstance(value, str):
        raise MetaDataInvalid(
            f"meta data {key!r} is {value!r:.80} ({type(value).__name__}), where text is expected", key=key
        )
    if key == "identifier" and not value:
        raise MetaDataInvalid("an identifier is text of one character or more, and this one is empty", key=key)
    try:
        attributes.encode({key: value})  # as a part of what is stored
    except TypeError as exc:
        raise MetaDataInvalid(f"meta data {key!r} cannot be stored: {exc}", key=key) from exc
    return value


class MetaData(dict[str, Any]):
    """Meta data of one image, as it was when it was asked for.

    Known keys without a value raise `MetaDataMissingError`, others `UnknownMetaKey`; both are KeyErrors.
    """

    def __missing__(self, key: str) -> Any:
        check_key(key)
        raise MetaDataMissingError(
            f"the image has no meta data {key!r}; it has {', '.join(sorted(self)) or 'none'}. Give it with "
            f"meta_data={{{key!r}: ...}}, or set image[{key!r}]",
            key=key,
        )
