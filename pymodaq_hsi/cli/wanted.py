"""References on the command line: a file, or a number of frames to take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import click

__all__ = ["ReferenceOption", "Wanted"]

_CAMERA = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.+)")


@dataclass(frozen=True)
class Wanted:
    """A reference on the command line: a number of frames to take, or a file to use.

    Attributes
    ----------
    frames : int, optional
    file : Path, optional
    camera : str
        Whose; "" for the only one.
    """

    frames: int | None = None
    file: Path | None = None
    camera: str = ""


class ReferenceOption(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.4
    """Takes a number of frames or a file; with `cameras` also after the name of one, ``camera=white.hsiref``."""

    name = "FILE|FRAMES"

    def __init__(self, *, cameras: bool = False) -> None:
        self._cameras = cameras
        if cameras:
            self.name = "[CAMERA=]FILE|FRAMES"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Wanted:
        """Return what is wanted; a file that is not there is refused."""
        if isinstance(value, Wanted):
            return value
        text, camera = str(value), ""
        named = _CAMERA.fullmatch(text) if self._cameras and not Path(text).is_file() else None
        if named is not None:
            camera, text = named.groups()
        if text.isdecimal():
            if int(text) < 1:
                self.fail("average at least 1 frame", param, ctx)
            return Wanted(frames=int(text), camera=camera)
        path = Path(text)
        if not path.is_file():
            self.fail(
                f"there is no file {text}; give a .hsiref file, an ENVI header, or a number of frames to take",
                param,
                ctx,
            )
        return Wanted(file=path, camera=camera)
