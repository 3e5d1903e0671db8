"""Where the pixels of a cube are, as tags of GeoTIFF (OGC 19-008r4).

Two sources: positions of a scan along lines and pixels, evenly spaced and in units of length, which become local
coordinates in those units; and the ``map info`` of an ENVI header, kept as the extra attribute ``map_info``. Nothing is
made up: where neither is there, there are no coordinates.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from h5modules.data import Axis
    from h5modules.exporting._cube import CubeView
    from h5modules.exporting._stored import StoredData

__all__ = ["MAP_INFO", "MapInfo", "geo_tags", "parse_map_info"]

MAP_INFO = "map_info"
"""Extra attribute that holds the text of ENVI's ``map info``."""

_METRES = {
    "m": 1.0,
    "metre": 1.0,
    "meter": 1.0,
    "meters": 1.0,
    "metres": 1.0,
    "km": 1e3,
    "dm": 1e-1,
    "cm": 1e-2,
    "mm": 1e-3,
    "millimetre": 1e-3,
    "millimeter": 1e-3,
    "um": 1e-6,
    "µm": 1e-6,
    "μm": 1e-6,
    "micron": 1e-6,
    "microns": 1e-6,
    "micrometre": 1e-6,
    "micrometer": 1e-6,
    "nm": 1e-9,
    "nanometre": 1e-9,
    "nanometer": 1e-9,
    "in": 0.0254,
    "ft": 0.3048,
    "feet": 0.3048,
}
_NAMED = {1.0: 9001, 1e-3: 1025, 1e-2: 1033, 1e3: 9036, 0.3048: 9002}
"""Numbers of EPSG for units that it has."""

_TRANSFORMATION, _DIRECTORY, _DOUBLES, _TEXTS = 34264, 34735, 34736, 34737
_MODEL, _RASTER, _CITATION, _GEOGRAPHIC, _PROJECTED, _PROJECTED_CITATION, _UNITS, _UNIT_SIZE = (
    1024,
    1025,
    1026,
    2048,
    3072,
    3073,
    3076,
    3077,
)
_USER_DEFINED = 32767
_WGS84 = re.compile(r"WGS[- _]?(19)?84", re.IGNORECASE)
_Key = tuple[int, int | float | str]


@dataclass(frozen=True)
class MapInfo:
    """What ``map info`` of an ENVI header says.

    Attributes
    ----------
    projection : str
    reference : tuple of float
        Pixel coordinates (x, y) of a point, 1 at the upper left corner.
    place : tuple of float
        Its map coordinates.
    size : tuple of float
        Of a pixel, in map units.
    more : tuple of str
        Zone, hemisphere, datum.
    units : str
    rotation : float
        Degrees, counterclockwise.
    """

    projection: str
    reference: tuple[float, float]
    place: tuple[float, float]
    size: tuple[float, float]
    more: tuple[str, ...] = ()
    units: str = ""
    rotation: float = 0.0


def parse_map_info(text: str) -> MapInfo | None:
    """Read ENVI's ``map info``; None where it does not say where a pixel is.

    >>> parse_map_info("{UTM, 1, 1, 500000, 5200000, 2, 2, 33, North, WGS-84, units=Meters}").more
    ('33', 'North', 'WGS-84')
    """
    parts = [part.strip() for part in text.strip().strip("{}()").split(",")]
    named = dict(part.split("=", 1) for part in parts if "=" in part)
    named = {name.strip().lower(): value.strip() for name, value in named.items()}
    plain = [part for part in parts if "=" not in part]
    try:
        x, y, east, north, width, height = (float(part) for part in plain[1:7])
        rotation = float(named.get("rotation", 0))
    except ValueError:
        return None
    if not all(map(math.isfinite, (x, y, east, north, width, height, rotation))) or not width or not height:
        return None
    return MapInfo(plain[0], (x, y), (east, north), (width, height), tuple(plain[7:]), named.get("units", ""), rotation)


def geo_tags(data: StoredData, cube: CubeView) -> list[tuple[int, str, int, Any, bool]]:
    """Return the tags that say where a cube's pixels are, as `tifffile` takes them; none where that is not known."""
    text = getattr(data.described, MAP_INFO, None)
    info = parse_map_info(text) if isinstance(text, str) else None
    if info is not None:
        return _tags(_map_matrix(info), _map_keys(info, str(text)))
    along = _positions(data, cube)
    if along is None:
        return []
    lines, pixels = along
    metres = _METRES[pixels.units.strip().lower()]
    scale = _METRES[lines.units.strip().lower()] / metres
    (x, dx), (y, dy) = _start_and_step(pixels), _start_and_step(lines)
    matrix = [dx, 0, 0, x - dx / 2, 0, dy * scale, 0, (y - dy / 2) * scale]
    title = f"{pixels.label or 'x'} and {lines.label or 'y'} in {pixels.units}"
    return _tags(matrix, [(_CITATION, title), *_length(metres, pixels.units)])


def _positions(data: StoredData, cube: CubeView) -> tuple[Axis, Axis] | None:
    """Return the axes along lines and pixels if both are even positions in units of length."""
    sizes = [data.shape[dim] for dim in cube.line_dims]
    if not sizes or math.prod(sizes[:-1]) != 1:
        return None
    found = [data.axes_at(dim) for dim in (cube.line_dims[-1], cube.pixel_dim)]
    for axes in found:
        if len(axes) != 1 or axes[0].size < 2 or axes[0].units.strip().lower() not in _METRES:
            return None
        if not axes[0].is_axis_linear() or not _start_and_step(axes[0])[1]:
            return None
    return found[0][0], found[1][0]


def _start_and_step(axis: Axis) -> tuple[float, float]:
    values = np.asarray(axis.get_data(), np.float64)
    return float(values[0]), float((values[-1] - values[0]) / (len(values) - 1))


def _map_matrix(info: MapInfo) -> list[float]:
    angle = math.radians(info.rotation)
    width, height = info.size
    a, b = width * math.cos(angle), height * math.sin(angle)
    d, e = width * math.sin(angle), -height * math.cos(angle)
    column, row = info.reference[0] - 1, info.reference[1] - 1
    return [a, b, 0, info.place[0] - a * column - b * row, d, e, 0, info.place[1] - d * column - e * row]


def _map_keys(info: MapInfo, text: str) -> list[_Key]:
    """Return the coordinate system where EPSG has a number for it; else what ENVI says of it, in words."""
    wgs84 = any(_WGS84.fullmatch(part) for part in info.more)
    name = info.projection.lower()
    if name == "utm" and wgs84 and info.more[0].isdigit() and 1 <= int(info.more[0]) <= 60:
        south = info.more[1].lower().startswith("s")
        return [(_MODEL, 1), (_PROJECTED, (32700 if south else 32600) + int(info.more[0]))]
    if name.startswith("geographic") and wgs84:
        return [(_MODEL, 2), (_GEOGRAPHIC, 4326)]
    metres = _METRES.get(info.units.lower())
    said = " ".join(text.strip().strip("{}()").split())
    return [(_CITATION, f"ENVI map info: {said}"), *([] if metres is None else _length(metres, info.units))]


def _length(metres: float, units: str) -> list[_Key]:
    if metres in _NAMED:
        return [(_UNITS, _NAMED[metres])]
    return [(_PROJECTED_CITATION, f"LUnits = {units}"), (_UNITS, _USER_DEFINED), (_UNIT_SIZE, metres)]


def _tags(matrix: list[float], keys: list[_Key]) -> list[tuple[int, str, int, Any, bool]]:
    """Write a transformation of pixel corners and the directory of keys."""
    texts = ""
    doubles: list[float] = []
    entries: list[tuple[int, int, int, int]] = []
    for key, value in sorted([*keys, (_RASTER, 1)]):
        if isinstance(value, str):
            plain = value.encode("ascii", "replace").decode().replace("|", "/") + "|"
            entries.append((key, _TEXTS, len(plain), len(texts)))
            texts += plain
        elif isinstance(value, float):
            entries.append((key, _DOUBLES, 1, len(doubles)))
            doubles.append(value)
        else:
            entries.append((key, 0, 1, value))
    directory = [1, 1, 0, len(entries), *(number for entry in entries for number in entry)]
    whole = [*map(float, matrix), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    tags: list[tuple[int, str, int, Any, bool]] = [
        (_TRANSFORMATION, "d", 16, whole, True),
        (_DIRECTORY, "H", len(directory), directory, True),
    ]
    if doubles:
        tags.append((_DOUBLES, "d", len(doubles), doubles, True))
    if texts:
        tags.append((_TEXTS, "s", 0, texts, True))
    return tags
