"""The commands of a station as methods: the same in its own process and at a distance."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.errors import StationTimeout
from pymodaq_hsi.station.asking import absolute, absolute_or_none
from pymodaq_hsi.station.scan_api import ScanApi

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from pymodaq_hsi.station.feeds import Feed, Picture
    from pymodaq_hsi.station.hub import Message

__all__ = ["StationApi"]


class StationApi(ScanApi):
    """What can be asked of a station.

    Methods raise the errors of `pymodaq_hsi.errors`, wherever they happened; all return JSON data. Those that take long
    wait until they are done; `begin` starts them and returns at once.
    """

    @abstractmethod
    def events(self, since: int | None = None) -> Feed:
        """Return the events of the station: ``next(feed)``, ``feed.get(timeout)``, in the order of ``sequence``.

        The first is a ``snapshot`` of all that is true, or with `since` (the sequence of the last that was seen) those
        that were missed. Whoever is too slow gets ``missed``, how many, with a new snapshot.
        """

    @abstractmethod
    def frames(self, device: str, *, rate: float = 20.0, longest: int = 512, bands: tuple[int, ...] = ()) -> Feed:
        """Return pictures of what a camera acquires for whomever: the latest, at most `rate` a second.

        Parameters
        ----------
        device : str
        rate : float
        longest : int
            Samples along each axis, at most; 0 for whole frames.
        bands : tuple of int
            Indexes of bands that are kept of each frame in between, for a waterfall.

        Returns
        -------
        Feed
            Of `Picture`.
        """

    # everything that a station knows

    def state(self) -> Message:
        """Return all that a client needs to know: devices, lights, references, scan, jobs, clients, who has control."""
        found: Message = self.ask("state")
        return found

    def take_control(self, *, force: bool = False, message: str = "") -> None:
        """Take the right to change things; by force from whoever has it, who is told the message."""
        self.ask("take_control", force=force, message=message)

    def release_control(self) -> None:
        """Give it up."""
        self.ask("release_control")

    def shut_down(self) -> None:
        """Ask the process that the station runs in to end it."""
        self.ask("shut_down")

    def cancel(self, job: int) -> None:
        """Ask a job to end."""
        self.ask("cancel_job", job=job)

    # devices

    def enumerate(self, type: str = "all", timeout: float = 5.0) -> Message:
        """Look for drivers and devices."""
        found: Message = self.finish("enumerate", type=type, timeout=timeout)
        return found

    def connect(
        self,
        device: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        name: str = "",
        settings: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
    ) -> list[str]:
        """Connect a device; return the names that it and its sub-devices have in the station."""
        more = {"parameters": dict(parameters or {}), "settings": dict(settings or {})}
        names: list[str] = self.finish("connect", device=device, name=name, timeout=timeout, **more)
        return names

    def disconnect(self, device: str) -> None:
        """Disconnect a device and its sub-devices."""
        self.finish("disconnect", device=device)

    def reconnect(self, device: str, timeout: float = 60.0) -> list[str]:
        """Connect a device again that was lost."""
        names: list[str] = self.finish("reconnect", device=device, timeout=timeout)
        return names

    def devices(self) -> list[Message]:
        """Return the state of all devices."""
        found: list[Message] = self.ask("devices")
        return found

    def get(self, device: str, parameter: str) -> Any:
        """Return a value."""
        return self.ask("get", device=device, parameter=parameter)

    def set(self, device: str, parameter: str, value: Any) -> Any:
        """Set a parameter; return what the device took."""
        return self.ask("set", device=device, parameter=parameter, value=value)

    def undo(self) -> Message:
        """Set the last setting back."""
        undone: Message = self.ask("undo")
        return undone

    def redo(self) -> Message:
        """Set once more what `undo` has set back."""
        redone: Message = self.ask("redo")
        return redone

    def execute(self, device: str, parameter: str, timeout: float | None = None) -> None:
        """Execute a command of a device."""
        self.ask("execute", device=device, parameter=parameter, timeout=timeout)

    def light(self, device: str, state: str) -> None:
        """Bring a light into a state, "Parametrized" or "ForcedOff"."""
        self.ask("light", device=device, state=state)

    def lights_off(self) -> list[str]:
        """Force all lights off; return what could not be switched."""
        problems: list[str] = self.ask("lights_off")
        return problems

    def lights_back(self) -> list[str]:
        """Bring all lights back to what they were before `lights_off`; return what could not be."""
        problems: list[str] = self.ask("lights_back")
        return problems

    def move(self, device: str, position: float, timeout: float = 60.0) -> float:
        """Move a stage and wait until it is there; return where it is."""
        return float(self.finish("move", device=device, position=position, timeout=timeout))

    def jog(self, device: str, step: float, timeout: float = 60.0) -> float:
        """Move a stage by a step; return where it is."""
        return float(self.finish("jog", device=device, step=step, timeout=timeout))

    def stop_move(self, device: str) -> None:
        """Stop a stage."""
        self.ask("stop_move", device=device)

    def auto_exposure(self, device: str, level: float = 0.8, **options: Any) -> Message:
        """Set the exposure of a camera so that its brightest samples come to a share of its range.

        Parameters
        ----------
        device : str
        level : float
        **options
            ``tolerance``, ``percentile``, ``frames``, ``watch``, ``longest``, ``parameter``, ``timeout``: see
            `pymodaq_hsi.scans.find_exposure`.

        Returns
        -------
        dict
            ``exposure``, ``before``, ``unit``, ``level``, ``reached``, ``frames``, ``problem``.
        """
        found: Message = self.finish("auto_exposure", device=device, level=level, **options)
        return found

    def start_live(self, device: str) -> None:
        """Let a camera run, to be looked at (`frames`)."""
        self.ask("start_live", device=device)

    def stop_live(self, device: str) -> None:
        """End that."""
        self.ask("stop_live", device=device)

    def frame(self, device: str, timeout: float = 5.0) -> Picture:
        """Return a whole frame of a camera that somebody acquires from, or that runs live.

        Raises
        ------
        StationTimeout
            None came.
        """
        with self.frames(device, longest=0) as feed:
            picture: Picture | None = feed.get(timeout)
        if picture is None:
            raise StationTimeout(f"no frame of {device} came within {timeout:g} s; start a live view or a scan with it")
        return picture

    # references

    def take_reference(
        self, device: str, reference: str, frames: int | None = None, *, panel: float | str | None = None
    ) -> Message:
        """Take a "WhiteReference" or "DarkReference"; return what it is like."""
        panel = absolute(panel) if isinstance(panel, str) else panel
        taken: Message = self.finish("take_reference", device=device, reference=reference, frames=frames, panel=panel)
        return taken

    def references(self) -> Message:
        """Return the references in use, by camera and name."""
        found: Message = self.ask("references")
        return found

    def reference_data(self, device: str, reference: str, step: tuple[int, int] = (1, 1)) -> Message:
        """Return the mean frame of a reference to look at: ``data`` (base64), ``dtype``, ``shape``, ``wavelengths``."""
        found: Message = self.ask("reference_data", device=device, reference=reference, step=list(step))
        return found

    def export_reference(self, device: str, reference: str, path: str | os.PathLike[str]) -> str:
        """Write a reference to a file."""
        return str(self.ask("export_reference", device=device, reference=reference, path=absolute(path)))

    def import_reference(
        self,
        device: str,
        path: str | os.PathLike[str],
        reference: str | None = None,
        *,
        ignore_mismatch: bool = False,
    ) -> Message:
        """Read a reference from a file and use it."""
        more = {"reference": reference, "ignore_mismatch": ignore_mismatch}
        found: Message = self.ask("import_reference", device=device, path=absolute(path), **more)
        return found

    def clear_reference(self, device: str, reference: str) -> None:
        """Use a reference no longer."""
        self.ask("clear_reference", device=device, reference=reference)

    def limit_reference_age(self, seconds: float | None) -> None:
        """Set after how long references are called too old; None: never."""
        self.ask("limit_reference_age", seconds=seconds)

    # presets

    def presets(self, folder: str | os.PathLike[str] | None = None) -> list[str]:
        """Return the names of the presets in a folder, by default that of the user."""
        found: list[str] = self.ask("presets", folder=absolute_or_none(folder))
        return found

    def save_preset(
        self,
        name: str,
        description: str = "",
        *,
        overwrite: bool = False,
        folder: str | os.PathLike[str] | None = None,
    ) -> str:
        """Save all connected devices as they are, with their references."""
        more = {"description": description, "overwrite": overwrite, "folder": absolute_or_none(folder)}
        return str(self.ask("save_preset", name=name, **more))

    def remove_preset(self, name: str, folder: str | os.PathLike[str] | None = None) -> None:
        """Remove a preset."""
        self.ask("remove_preset", name=name, folder=absolute_or_none(folder))

    def load_preset(
        self,
        name: str,
        *,
        move: bool = False,
        ignore_mismatch: bool = False,
        folder: str | os.PathLike[str] | None = None,
    ) -> Message:
        """Bring the devices of a preset into its state; return what could and what could not be done."""
        more = {"move": move, "ignore_mismatch": ignore_mismatch, "folder": absolute_or_none(folder)}
        restored: Message = self.finish("load_preset", name=name, **more)
        return restored
