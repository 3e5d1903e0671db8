"""``pymodaq-hsi show``: what is in a file, and what it looks like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from h5modules.data_saving import DataLoader
from h5modules.saving import H5SaverLowLevel
from pymodaq_hsi.cli.output import Report, check_output
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.processing.picture import band_picture, save_picture, true_colour

if TYPE_CHECKING:
    import numpy.typing as npt

    from h5modules.data import DataWithAxes

__all__ = ["show"]

_PLUMBING = {"CLASS", "VERSION", "TITLE", "EXTDIM", "backend", "dtype", "subdtype", "shape", "data_dimension"}
_LONGEST = 100


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--attributes/--no-attributes", default=True, show_default=True, help="Print the nodes' attributes.")
@click.option("--picture", type=click.Path(path_type=Path), help="Write a picture of the cube here, as PNG.")
@click.option(
    "--band", type=float, metavar="NM", help="The picture shows the band nearest to this wavelength, in grey."
)
@click.option("--node", help="Of the cube for the picture; by default the first that there is.")
@click.option("--overwrite", is_flag=True, help="Replace the picture if it is there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(
    file: Path,
    attributes: bool,
    picture: Path | None,
    band: float | None,
    node: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Print the tree of an HDF5 file; with --picture also render its cube.

    The picture is in true colour, computed from the spectra; in false colour where the camera does not see the visible
    range; with --band a single band.
    """
    report = Report(as_json=as_json)
    if not file.is_file():
        raise HsiError(f"{file} is a folder; give a file" if file.is_dir() else f"there is no file {file}")
    if band is not None and picture is None:
        picture = file.with_name(f"{file.stem}_{band:g}.png")
    if picture is not None:
        check_output(picture, overwrite=overwrite, inputs=[file])
    with H5SaverLowLevel.from_file(file, mode="r") as opened:
        tree = _describe(opened.root())
        cubes = [found.path for found in opened.walk_nodes() if _is_cube(found)]
        if node is not None:
            opened.get_node(node)
    _print_tree(tree, report, attributes=attributes)
    chosen = node or (cubes[0] if cubes else None)
    if picture is not None:
        if chosen is None:
            raise HsiError(f"{file} holds no cube (lines, pixels, bands), so there is nothing to render")
        _render(file, chosen, picture, band, overwrite=overwrite)
        report.say(f"\npicture: {picture.absolute()}")
    elif chosen is not None:
        report.say(f"\ncube: {chosen}  (--picture FILE.png renders it)")
    report.result(tree | {"cubes": cubes, "picture": str(picture.absolute()) if picture else None})


def _describe(node: Any) -> dict[str, Any]:
    """Return a node and those below it as plain data."""
    described: dict[str, Any] = {
        "path": node.path,
        "title": node.title,
        "attributes": {
            name: _plain(value)
            for name, value in node.attrs.to_dict().items()
            if name not in _PLUMBING and not (isinstance(value, str) and value == "")
        },
    }
    if hasattr(node, "children"):
        described["children"] = [_describe(child) for _, child in sorted(node.children().items())]
    else:
        described["shape"] = [int(n) for n in node.shape]
        described["dtype"] = str(node.dtype)
    return described


def _plain(value: object) -> object:
    if isinstance(value, (bool, int, float, str)):
        return value
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else str(value)


def _print_tree(node: dict[str, Any], report: Report, *, attributes: bool, depth: int = 0) -> None:
    indent = "  " * depth
    name = node["path"].rsplit("/", 1)[-1] or "/"
    array = f"  {'x'.join(map(str, node['shape']))} {node['dtype']}" if "shape" in node else ""
    title = f"  {node['title']!r}" if node["title"] else ""
    report.say(f"{indent}{click.style(name, bold=True)}{array}{title}")
    if attributes:
        for key, value in node["attributes"].items():
            text = " ".join(str(value).split())
            report.say(f"{indent}    {key} = {text[:_LONGEST]}{'...' if len(text) > _LONGEST else ''}")
    for child in node.get("children", ()):
        _print_tree(child, report, attributes=attributes, depth=depth + 1)


def _is_cube(node: Any) -> bool:
    shape = getattr(node, "shape", ())
    return len(shape) == 3 and min(shape) > 0 and node.name.startswith(("Data", "EnlData"))


def _render(file: Path, node: str, picture: Path, band: float | None, *, overwrite: bool) -> None:
    with DataLoader(file) as loader:
        data = loader.load_data(node)
    cube, wavelengths = data[0], _wavelengths(data)
    if cube.ndim != 3:
        raise HsiError(f"{node} has the shape {cube.shape}; a picture needs a cube (lines, pixels, bands)")
    image = true_colour(cube, wavelengths) if band is None else band_picture(cube, wavelengths, band)
    save_picture(picture, image, overwrite=overwrite)


def _wavelengths(data: DataWithAxes) -> npt.NDArray[np.float64]:
    """Return what is along the last dimension; its indices where there is no axis."""
    axes = [axis for axis in data.axes if axis.index == 2]
    return np.asarray(axes[0].get_data(), float) if axes else np.arange(data[0].shape[2], dtype=float)
