"""The plan of a recording that ends after a time, or when a stage is where it was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pymodaq_hsi.scans.parts import DeviceChoice
from pymodaq_hsi.scans.plans import Movement, Recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.scans.parts import Detector

__all__ = ["Ends", "moving_plan"]

_CAMERA, _STAGE = "camera", "stage"


@dataclass(frozen=True)
class Ends:
    """When a recording ends; the first of these that comes.

    Attributes
    ----------
    lines : int, optional
    seconds : float, optional
    stage : str, optional
        Driver, display name or identity.
    start, stop, velocity : float, optional
        Of the stage, in its own units.
    """

    lines: int | None
    seconds: float | None
    stage: str | None
    start: float | None
    stop: float | None
    velocity: float | None


def moving_plan(
    ends: Ends,
    driver: str,
    connection: Mapping[str, object],
    settings: Mapping[str, str],
    *,
    title: str,
    detector: Detector,
    timeout: float,
) -> Recording:
    """Return the plan.

    Parameters
    ----------
    ends : Ends
    driver : str
        Driver, display name or identity of the camera.
    connection, settings : mapping
        Parameters of the camera.
    title : str
    detector : Detector
        Of the camera, named "camera".
    timeout : float
        Seconds for connecting.

    Raises
    ------
    UsageError
        A stage without an aim, or an aim without a stage.
    """
    movement = None
    said = {name: str(each) for name, each in connection.items()}
    camera = _choice(driver, connection=said, parameters=dict(settings), timeout=timeout)
    devices = {_CAMERA: camera}
    if ends.stage is not None:
        if ends.stop is None:
            raise click.UsageError(f"--stage {ends.stage}: say where it is to go, with --to")
        movement = Movement(target=f"{_STAGE}.Position", start=ends.start, stop=ends.stop, velocity=ends.velocity)
        devices[_STAGE] = _choice(ends.stage, timeout=timeout)
    return Recording(
        name=title or "recording",
        lines=ends.lines,
        seconds=ends.seconds,
        movement=movement,
        devices=devices,
        detectors=(detector,),
    )


def _choice(what: str, **more: object) -> DeviceChoice:
    return DeviceChoice(**{"identity" if ":" in what else "driver": what}, **more)  # type: ignore[arg-type]
