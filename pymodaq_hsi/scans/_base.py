"""What plans of every kind have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, JsonValue

from pymodaq_hsi.scans._model import DeviceName, Part
from pymodaq_hsi.scans.parts import Action, Detector, DeviceChoice, Move, Output
from pymodaq_hsi.scans.prompts import Prompt

if TYPE_CHECKING:
    from pymodaq_hsi.scans.positions import PositionMemory

__all__ = ["BasePlan"]


class BasePlan(Part):
    """What all plans have.

    Attributes
    ----------
    name, description : str
    devices : dict of str to DeviceChoice
        By the name that they have in the plan. A name that is not among them is that of a device which is there
        already when the plan is carried out.
    detectors : list of Detector
    before, after : list of Action
        What is done before the first point, and after the last, however the scan ends.
    output : Output
    metadata : dict
        For the file.
    prompts : list of Prompt
        What is asked before the scan, and added to the metadata.
    """

    name: str = Field(default="scan", min_length=1)
    description: str = ""
    devices: dict[DeviceName, DeviceChoice] = Field(default_factory=dict)
    detectors: tuple[Detector, ...] = ()
    before: tuple[Action, ...] = ()
    after: tuple[Action, ...] = ()
    output: Output = Output()
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    prompts: tuple[Prompt, ...] = ()

    def with_positions(self, memory: PositionMemory) -> Self:
        """Return the plan with the values of named positions in place of their names.

        Raises
        ------
        PositionNotFound
            There is no such position, or it has no value for a target that asks for it.
        """
        from pymodaq_hsi.scans._lookup import looked_up

        return type(self)(**looked_up(self.model_dump(), memory))

    @property
    def position_names(self) -> list[str]:
        """Names of positions that are to be looked up still."""
        actions = (*self.before, *self.after)
        return [action.to for action in actions if isinstance(action, Move) and isinstance(action.to, str)]

    @property
    def targets(self) -> list[str]:
        """What is varied, the outermost axis first, then what follows."""
        return []
