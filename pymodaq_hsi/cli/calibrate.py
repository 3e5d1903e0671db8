"""``pymodaq-hsi calibrate``: raw cubes and references to reflectance or radiance."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, get_args

import click

from pymodaq_hsi.cli.clusters import on_a_cluster
from pymodaq_hsi.cli.output import Report, Told
from pymodaq_hsi.cli.patterns import expanded
from pymodaq_hsi.envi import Interleave
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.processing import (
    Calibrated,
    ReferenceImportFlag,
    ValueType,
    calibrate_cube,
    read_panel,
    read_radiometry,
)
from pymodaq_hsi.processing.steps import read_steps

__all__ = ["calibrate"]

_FAILED = 1
_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("cubes", metavar="RAW...", nargs=-1, required=True, type=_FILE)
@click.option("--white", type=_FILE, help="White reference: .hsiref, ENVI, or a recording.  [default: the cube's own]")
@click.option("--dark", type=_FILE, help="Dark reference, likewise.")
@click.option(
    "-o",
    "--output",
    type=_FILE,
    required=True,
    help="The file to write; its ending says the format. For several cubes a folder.",
)
@click.option("--to", metavar="FORMAT", help="envi, hdf5, or another that 'pymodaq-hsi export --list' shows.")
@click.option("--interleave", type=click.Choice(get_args(Interleave)), help="Of ENVI.  [default: the cube's own]")
@click.option("--where", default="/", show_default=True, metavar="NODE", help="Which cube of an HDF5 file.")
@click.option("--panel", metavar="FILE|NUMBER", help="Reflectivity of the white panel: its table, or one number.")
@click.option("--steps", type=_FILE, help="Steps of standardisation before it, TOML or JSON.")
@click.option("--radiometry", type=_FILE, help="Radiance by this calibration file, instead of reflectance.")
@click.option("--saturation", type=float, help="From this value on a sample is saturated.")
@click.option("--ignore-mismatch", is_flag=True, help="Take references although settings differ from theirs.")
@on_a_cluster
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def calibrate(
    cubes: tuple[Path, ...],
    white: Path | None,
    dark: Path | None,
    output: Path,
    panel: str | None,
    steps: Path | None,
    radiometry: Path | None,
    ignore_mismatch: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Calibrate stored cubes of any size: raw samples and references to reflectance.

    References are looked for beside an ENVI cube (X_White, DARKREF_X, ...), in its own dark lines, and in an HDF5
    recording itself. The output appears when it is complete. Of several cubes, one that cannot be calibrated does not
    keep the others from it; the exit code is 1 then.
    """
    report = Report(as_json=as_json)
    cubes = expanded(cubes)
    if logging.getLogger().level > logging.INFO:  # what contexts warn of is printed here, once
        logging.getLogger("pymodaq_hsi.processing.contexts").setLevel(logging.ERROR)
    if len(cubes) > 1 and not output.is_dir():
        raise click.UsageError(f"--output {output}: several cubes need a folder that is there")
    options |= {
        "panel": _panel(panel),
        "steps": None if steps is None else read_steps(steps),
        "flags": ReferenceImportFlag.IgnoreParameterMismatch if ignore_mismatch else ReferenceImportFlag.NONE,
    }
    if radiometry is not None:
        options |= {"value_type": ValueType.Radiance, "radiometry": read_radiometry(radiometry)}
    done: list[dict[str, Any]] = []
    failed = 0
    for cube in cubes:
        try:
            with report.progress(f"{cube.name} (lines)", None) as bar:
                made = calibrate_cube(cube, output, white, dark, progress=bar, **options)
        except (RuntimeError, OSError, ValueError, TypeError) as error:
            if len(cubes) == 1:
                raise
            failed += 1
            text = " ".join(str(error).split())
            click.echo(f"error: {cube}: {text}", err=True)
            done.append({"source": str(cube), "error": text})
            continue
        _tell(made, report)
        done.append(_as_json(cube, made))
    report.result(done[0] if len(cubes) == 1 else {"calibrated": done, "failed": failed})
    if failed:
        report.say(f"{len(cubes) - failed} of {len(cubes)} cubes were calibrated")
        raise Told(_FAILED)


def _panel(given: str | None) -> Any:
    if given is None:
        return None
    try:
        return float(given)
    except ValueError:
        pass
    if not Path(given).exists() and not Path(given).suffix:
        raise HsiError(f"--panel {given}: give the file of the panel's table, or one number such as 0.99")
    return read_panel(given)


def _tell(made: Calibrated, report: Report) -> None:
    for message in made.warnings:
        report.warn(message)
    for path in made.files:
        report.say(f"{path.absolute()}")
    lines, pixels, bands = made.shape
    rate = made.nbytes / max(made.seconds, 1e-9) / 1e6
    report.say(f"{lines} lines of {pixels} pixels and {bands} bands, {rate:,.0f} MB/s of raw samples")
    for kind, source in made.sources.items():
        report.say(f"{kind} reference: {source}")
    if made.saturated:
        report.say(f"{made.saturated} saturated samples are NaN")


def _as_json(cube: Path, made: Calibrated) -> dict[str, Any]:
    return {
        "source": str(cube),
        "files": [str(path.absolute()) for path in made.files],
        "shape": list(made.shape),
        "references": made.sources,
        "saturated_samples": made.saturated,
        "warnings": list(made.warnings),
        "seconds": made.seconds,
        "bytes_read": made.nbytes,
    }
