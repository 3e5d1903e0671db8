"""TIFF with a plane per band, as GDAL, QGIS, ImageJ and tifffile read it.

Names and wavelengths of the bands are in GDAL's metadata tag (42112, https://gdal.org/drivers/raster/gtiff.html), which
rasterio shows as descriptions and tags; the rest, with the coordinates along all axes, is JSON in the image
description. Even positions of a scan, and the map of an ENVI source, are GeoTIFF's coordinates (`_georeference`).
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import numpy as np

from h5modules.exporting._cube import CubeView, cubes_first, why_no_cube
from h5modules.exporting._describing import description
from h5modules.exporting._format import Format, Job, Per
from h5modules.exporting._georeference import geo_tags

if TYPE_CHECKING:
    from h5modules.exporting._stored import StoredData

__all__ = ["TIFF"]

_GDAL_METADATA = 42112
_GDAL_NODATA = 42113
_MOST_BANDS = 65535
_MOST_COORDINATES = 100_000
_BIG = 4_000_000_000


def _write(job: Job) -> None:
    import tifffile

    data = job.data[0]
    cube = CubeView.of(data)
    lines, pixels, bands = cube.shape
    told = json.dumps({"pymodaq_hsi": "1", **_described(data), "bands": cube.band_names}, ensure_ascii=True)
    tags: list[Any] = [(_GDAL_METADATA, "s", 0, _gdal_metadata(data, cube), True), *geo_tags(data, cube)]
    if cube.dtype.kind == "f":
        tags.append((_GDAL_NODATA, "s", 0, "nan", True))
    if len(cube.line_dims) > 1:
        along = " x ".join(str(data.shape[dim]) for dim in cube.line_dims)
        job.notes.append(
            f"{data.path}: the {lines} lines are its first dimensions, {along}, the last of them the fastest"
        )
    nbytes = lines * pixels * bands * cube.dtype.itemsize
    layout: dict[str, Any] = {"planarconfig": "separate"} if bands > 1 else {}
    with tifffile.TiffWriter(job.target, bigtiff=nbytes > _BIG, byteorder="<") as file:
        place = file.write(
            None,
            shape=(bands, lines, pixels) if bands > 1 else (lines, pixels),
            dtype=cube.dtype,
            photometric="minisblack",
            description=told,
            metadata=None,
            software="pymodaq_hsi",
            extratags=tags,
            contiguous=True,
            returnoffset=True,
            **layout,
        )
    assert place is not None
    plane, row = lines * pixels * cube.dtype.itemsize, pixels * cube.dtype.itemsize
    stored = cube.dtype.newbyteorder("<")
    with job.target.open("r+b") as file:  # not mapped: a limit on addresses must not matter
        for start, block in cube.blocks():
            planes = np.ascontiguousarray(block.transpose(2, 0, 1), dtype=stored)
            for band, part in enumerate(planes):
                file.seek(place[0] + band * plane + start * row)
                file.write(part.tobytes())
            job.advance(block.nbytes)


def _described(data: StoredData) -> dict[str, Any]:
    """Describe the data with all coordinates; not under the key `shape`, which tifffile takes for its own."""
    told = description(data)
    for said, axis in zip(told["axes"], data.described.axes, strict=True):
        if axis.size <= _MOST_COORDINATES:
            values = np.asarray(axis.get_data(), np.float64).tolist()
            said["values"] = [value if math.isfinite(value) else None for value in values]
    return {"data_shape" if key == "shape" else key: value for key, value in told.items()}


def _gdal_metadata(data: StoredData, cube: CubeView) -> str:
    items = [_item("units", data.units), _item("name", data.name)]
    wavelengths = cube.wavelengths
    for number, name in enumerate(cube.band_names):
        items.append(_item("DESCRIPTION", name, sample=number, role="description"))
        if data.units:
            items.append(_item("UNITTYPE", data.units, sample=number, role="unittype"))
        if wavelengths is not None:
            items.append(_item("wavelength", repr(float(wavelengths[number])), sample=number))
            items.append(_item("wavelength_units", "nm", sample=number))
            micrometres = repr(round(float(wavelengths[number]) / 1000, 9))
            items.append(_item("CENTRAL_WAVELENGTH_UM", micrometres, sample=number, domain="IMAGERY"))
    return f"<GDALMetadata>{''.join(items)}</GDALMetadata>"


def _item(name: str, value: str, **attributes: object) -> str:
    more = "".join(f" {key}={quoteattr(str(item))}" for key, item in attributes.items())
    text = value.replace("&", "&amp;").replace("<", "&lt;").encode("ascii", "xmlcharrefreplace").decode()
    return f"<Item name={quoteattr(name)}{more}>{text}</Item>"


def _accepts(data: StoredData) -> str:
    why = why_no_cube(data)
    if not why and CubeView.of(data).shape[2] > _MOST_BANDS:
        why = f"it has {CubeView.of(data).shape[2]} bands, and TIFF has at most {_MOST_BANDS}"
    return why


TIFF = Format(
    "tiff",
    (".tif", ".tiff"),
    "TIFF with bands",
    _write,
    Per.ARRAY,
    libraries=("tifffile",),
    accepts=_accepts,
    prefers=cubes_first,
    also=("geotiff",),
    error_bars=False,
    plain=True,
)
