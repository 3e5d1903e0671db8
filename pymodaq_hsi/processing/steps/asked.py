"""The steps that a camera knows itself, before it is asked for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pymodaq_hsi.errors import StepError
from pymodaq_hsi.processing.steps.base import Operation, Step

if TYPE_CHECKING:
    from pymodaq_hsi.processing.steps.geometry import Geometry

__all__ = ["Corrections"]


@dataclass(frozen=True)
class Corrections(Step):
    """In this place, the steps that the camera's own calibration asks for: `Standardisation.of` it."""

    kind: ClassVar[str] = "corrections"

    def bind(self, before: Geometry) -> Operation:
        """Refuse: they have to be asked of a camera first, by `Standardisation.completed`.

        Raises
        ------
        StepError
        """
        raise StepError(
            "these are told by the driver of a connected camera; for lines that are stored keep them in a file: "
            'write_steps("steps.toml", Standardisation.of(camera))'
        )
