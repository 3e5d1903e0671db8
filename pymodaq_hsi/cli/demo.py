"""``pymodaq-hsi demo``: the main job on the virtual devices, and how well it was done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from h5modules.data_saving import DataLoader
from pymodaq_hsi.cli.output import Report, check_output
from pymodaq_hsi.cli.session import open_session
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.processing import InstrumentParameters, RecordingContext, ValueType
from pymodaq_hsi.processing.picture import save_picture, true_colour
from pymodaq_hsi.recording import check_space

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["demo"]

CAMERA = "VirtualHyperCamera"
REFERENCE_FRAMES = 50
JUDGED_NM = (420.0, 900.0)


@click.command()
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder for demo.h5 and demo.png.  [default: here]",
)
@click.option("--noise/--no-noise", default=True, show_default=True, help="Of the virtual sensor.")
@click.option("--overwrite", is_flag=True, help="Replace the files if they are there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def demo(output: Path, noise: bool, overwrite: bool, as_json: bool) -> None:
    """Do the main job on the virtual camera.

    Takes dark and white references, records the built-in scene as reflectance, saves it, loads it back, compares it
    with the spectra that went in, and renders it in true colour.
    """
    report = Report(as_json=as_json)
    file, picture = output / "demo.h5", output / "demo.png"
    for path in (file, picture):
        check_output(path, overwrite=overwrite)
    settings = {"Noise": noise, "FrameRate": 200, "OverflowPolicy": "Wait"}
    with open_session(CAMERA, {}, settings, report) as session:
        camera = session.camera
        report.say(f"{camera.display_name} ({camera.identity}) is connected")
        truth = json.loads(str(camera.get_parameter("SceneDescription")))
        check_space(file, truth["lines"] * truth["pixels"] * len(truth["wavelengths_nm"]) * 4)
        dark = session.take_reference(ReferenceName.Dark, REFERENCE_FRAMES)
        white = session.take_reference(ReferenceName.White, REFERENCE_FRAMES)
        context = RecordingContext(camera, InstrumentParameters(white, dark), ValueType.Reflectance)
        summary = session.record(context, file, truth["lines"], overwrite=overwrite, title="Demo")
    report.say(f"recorded {summary.lines} lines at {summary.rate:.0f} lines/s, {summary.dropped} dropped")

    with DataLoader(file) as loader:
        loaded = loader.load_data(summary.node)
        cube: npt.NDArray[Any] = loaded[0]
        wavelengths = next(axis for axis in loaded.axes if axis.index == 2).get_data()
    errors = patch_errors(cube, wavelengths, truth)
    report.say(f"\nMean absolute error of the reflectance, {JUDGED_NM[0]:g} to {JUDGED_NM[1]:g} nm:")
    for name, error in errors.items():
        report.say(f"  {name:<22} {error:.4f}")
    mean = float(np.mean(list(errors.values())))
    report.say(f"  {'all patches':<22} {mean:.4f}\n")
    save_picture(picture, true_colour(cube, wavelengths), overwrite=overwrite)
    report.say(f"file:    {file.absolute()}")
    report.say(f"picture: {picture.absolute()}")
    report.result(
        summary.to_message() | {"picture": str(picture.absolute()), "mean_absolute_error": mean, "patches": errors}
    )


def patch_errors(
    cube: npt.NDArray[Any], wavelengths: npt.NDArray[np.float64], truth: dict[str, Any]
) -> dict[str, float]:
    """Return the mean absolute error of each patch's interior.

    Parameters
    ----------
    cube : ndarray
        Reflectance, ``(lines, pixels, bands)``.
    wavelengths : ndarray
        nm, ``(bands,)``.
    truth : dict
        The camera's ``SceneDescription``.
    """
    judged = (wavelengths >= JUDGED_NM[0]) & (wavelengths <= JUDGED_NM[1])
    errors = {}
    for patch in truth["patches"]:
        seen = cube[slice(*patch["lines"]), slice(*patch["pixels"])][:, :, judged]
        expected = np.interp(wavelengths[judged], truth["wavelengths_nm"], patch["reflectance"])
        errors[patch["name"]] = float(np.mean(np.abs(seen - expected)))
    return errors
