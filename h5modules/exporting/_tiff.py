"""TIFF with a plane per band, as GDAL, QGIS, ImageJ and tifffile read it.

Names and wavelengths of the bands are in GDAL's metadata tag (42112, https://gdal.org/drivers/raster/gtiff.html), which
rasterio shows as descriptions and tags; the rest is JSON in the image description. There are no map coordinates.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from h5modules.exporting._cube import CubeView, cubes_first, why_no_cube
from h5modules.exporting._describing import description
from h5modules.exporting._format import Format, Job, Per

if TYPE_CHECKING:
    from h5modules.exporting._stored import StoredData

__all__ = ["TIFF"]

_GDAL_METADATA = 42112
_GDAL_NODATA = 42113
_MOST_BANDS = 65535
_BIG = 4_000_000_000


def _write(job: Job) -> None:
    import tifffile

    data = job.data[0]
    cube = CubeView.of(data)
    lines, pixels, bands = cube.shape
    told = json.dumps({"pymodaq_hsi": "1", **_renamed(description(data)), "bands": cube.band_names}, ensure_ascii=True)
    tags: list[Any] = [(_GDAL_METADATA, "s", 0, _gdal_metadata(data, cube), True)]
    if cube.dtype.kind == "f":
        tags.append((_GDAL_NODATA, "s", 0, "nan", True))
    nbytes = lines * pixels * bands * cube.dtype.itemsize
    layout: dict[str, Any] = {"planarconfig": "separate"} if bands > 1 else {}
    written = tifffile.memmap(
        job.target,
        shape=(bands, lines, pixels) if bands > 1 else (lines, pixels),
        dtype=cube.dtype,
        bigtiff=nbytes > _BIG,
        photometric="minisblack",
        description=told,
        metadata=None,
        software="pymodaq_hsi",
        extratags=tags,
        **layout,
    )
    planes = written if bands > 1 else written[None]
    for start, block in cube.blocks():
        planes[:, start : start + len(block)] = block.transpose(2, 0, 1)
        job.advance(block.nbytes)
    written.flush()


def _renamed(told: dict[str, Any]) -> dict[str, Any]:
    """Give `shape` another name: tifffile takes a description with that key for its own."""
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
)
