"""Commands: presets, of all that is connected to the station."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.processing import Reference, ReferenceImportFlag
from pymodaq_hsi.scans.presets import PresetFolder, apply_preset, preset_of
from pymodaq_hsi.station.core import Right, command
from pymodaq_hsi.station.hub import Message

if TYPE_CHECKING:
    from pymodaq_hsi.station.connecting import Connecting
    from pymodaq_hsi.station.core import Core
    from pymodaq_hsi.station.jobs import Job
    from pymodaq_hsi.station.keeper import Keeper
    from pymodaq_hsi.station.live import LiveViews
    from pymodaq_hsi.station.referencing import Referencing

__all__ = ["Keeping"]


class Keeping:
    """Saves and loads presets, in the user's folder or another."""

    def __init__(self, core: Core, live: LiveViews, connecting: Connecting, referencing: Referencing) -> None:
        self._core = core
        self._live = live
        self._connecting = connecting
        self._referencing = referencing

    @command(Right.READ)
    def presets(self, folder: str | None = None) -> list[str]:
        """Return the names of the presets in a folder, by default that of the user."""
        return PresetFolder(folder).names()

    @command(Right.READ)
    def save_preset(self, name: str, description: str = "", overwrite: bool = False, folder: str | None = None) -> str:
        """Save all connected devices as they are, with their references; return the path of the preset."""
        place = PresetFolder(folder)
        place.check_free(name, overwrite=overwrite)
        keepers = dict(self._core.keepers)
        preset = preset_of(name, {each: keeper.device for each, keeper in keepers.items()}, description)
        found = {each: self._referencing.parameters(each) for each in keepers}
        references = {each: parameters for each, parameters in found.items() if parameters is not None}
        return str(place.save(preset, references, overwrite=overwrite))

    @command(Right.READ)
    def remove_preset(self, name: str, folder: str | None = None) -> None:
        """Remove a preset."""
        PresetFolder(folder).remove(name)

    @command(Right.WRITE)
    def load_preset(
        self, name: str, move: bool = False, ignore_mismatch: bool = False, folder: str | None = None
    ) -> Message:
        """Bring the devices of a preset into its state, connecting those that are not; a job.

        Its result has ``devices`` (name in the preset to name in the station), ``not_set`` and ``problems`` (in words)
        and ``left``, the stages that were not moved because `move` was not asked for.
        """
        place = PresetFolder(folder)
        preset = place.load(name)
        flags = ReferenceImportFlag.IgnoreParameterMismatch if ignore_mismatch else ReferenceImportFlag.NONE
        for each in preset.devices.values():
            there = self._connected(each.identity)
            if there is not None:
                self._core.refuse_in_use(there.name, f"loading the preset {name}")

        def work(job: Job) -> Message:
            found: dict[str, Keeper] = {}
            problems = []
            for each, entry in preset.devices.items():
                job.tell(doing=f"connecting {each}")
                keeper = self._connected(entry.identity)
                try:
                    if keeper is None:
                        free = each if each not in self._core.keepers else ""
                        (station_name, *_) = self._connecting.bring(
                            entry.identity or entry.driver, entry.connection, free, {}, entry.timeout, job
                        )
                        keeper = self._core.keeper(station_name)
                    found[each] = keeper
                except HsiError as error:
                    problems.append(f"{each}: {error}")
            job.tell(doing="setting")
            names = [keeper.name for keeper in found.values()]
            self._core.use(names, f"the preset {name}")
            try:
                with self._live.interrupted(names):
                    try:
                        devices = {each: keeper.device for each, keeper in found.items()}
                        restored = apply_preset(preset, devices, place.path, move=move, flags=flags)
                    finally:
                        self._core.free(names)
            finally:
                for keeper in found.values():
                    keeper.look_again()
                    if "light" in keeper.to_message(specs=False):
                        keeper.tell_state("light")
            for each, parameters in restored.references.items():
                for reference in (parameters.dark_reference, parameters.white_reference):
                    if isinstance(reference, Reference):
                        self._referencing.keep(found[each].name, reference)
            return {
                "devices": {each: keeper.name for each, keeper in found.items()},
                "not_set": [str(each) for each in restored.not_set],
                "problems": problems + restored.problems,
                "left": restored.left,
            }

        return self._core.jobs.start("load_preset", work, preset=name)

    def _connected(self, identity: str) -> Keeper | None:
        keepers = list(self._core.keepers.values())
        return next((each for each in keepers if identity and each.device.identity == identity), None)
