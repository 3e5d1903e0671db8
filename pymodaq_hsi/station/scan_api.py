"""The commands of a station for plans, scans and named positions, as methods."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.errors import StationTimeout
from pymodaq_hsi.station.asking import ASK_EVERY, Asking, absolute, absolute_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymodaq_hsi.scans import Plan
    from pymodaq_hsi.station.hub import Message

__all__ = ["ScanApi"]


class ScanApi(Asking):
    """What can be asked about scans."""

    def check_plan(self, plan: Plan | Mapping[str, Any] | str, path: str | os.PathLike[str] | None = None) -> Message:
        """Check a plan against the connected devices."""
        found: Message = self.ask("check_plan", plan=_plain_plan(plan), path=absolute_or_none(path), folder=os.getcwd())
        return found

    def start_scan(
        self,
        plan: Plan | Mapping[str, Any] | str,
        path: str | os.PathLike[str] | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        ignore_mismatch: bool = False,
        ask: bool = False,
    ) -> int:
        """Begin a scan and return its number; `wait_scan` waits for it.

        Parameters
        ----------
        plan : Plan, mapping or str
        path : path, optional
            The file, instead of what the plan says.
        metadata : mapping, optional
            For the file, and what the plan's prompts ask for.
        ignore_mismatch : bool
            Take references although settings differ from theirs.
        ask : bool
            Ask for what is missing of the metadata by an event; `answer_prompt` answers.
        """
        more = {
            "metadata": None if metadata is None else dict(metadata),
            "ignore_mismatch": ignore_mismatch,
            "ask": ask,
        }
        return int(
            self.ask("start_scan", plan=_plain_plan(plan), path=absolute_or_none(path), folder=os.getcwd(), **more)[
                "scan"
            ]
        )

    def answer_prompt(self, metadata: Mapping[str, Any]) -> None:
        """Answer what a scan that was started with `ask` wants to know."""
        self.ask("answer_prompt", metadata=dict(metadata))

    def preview_plan(self, plan: Plan | Mapping[str, Any] | str, most: int = 10_000) -> Message:
        """Return where a plan goes: ``points``, ``values`` and ``units`` by target; nothing moves."""
        found: Message = self.ask("preview_plan", plan=_plain_plan(plan), most=most)
        return found

    def read_plan(self, path: str | os.PathLike[str], node: str = "") -> Message:
        """Return the ``plan`` in a file, with its ``node``, ``scans``, ``settings``, and whether it is ``complete``."""
        found: Message = self.ask("read_plan", path=absolute(path), node=node)
        return found

    def repeat_scan(
        self,
        path: str | os.PathLike[str],
        node: str = "",
        output: str | os.PathLike[str] | None = None,
        *,
        restore: bool = True,
    ) -> int:
        """Carry out the plan in a file again, with devices and references as they were (`restore`)."""
        more = {"output": absolute_or_none(output), "folder": os.getcwd(), "restore": restore}
        return int(self.ask("repeat_scan", path=absolute(path), node=node, **more)["scan"])

    def resume_file(self, path: str | os.PathLike[str], node: str = "", *, restore: bool = True) -> int:
        """Go on with the interrupted scan in a file, with devices and references as they were (`restore`)."""
        return int(self.ask("resume_file", path=absolute(path), node=node, restore=restore)["scan"])

    def pause_scan(self) -> None:
        """Pause after the point that is being measured."""
        self.ask("pause_scan")

    def resume_scan(self) -> None:
        """Go on after a pause."""
        self.ask("resume_scan")

    def stop_scan(self) -> None:
        """End after the point that is being measured."""
        self.ask("stop_scan")

    def abort_scan(self) -> None:
        """End now."""
        self.ask("abort_scan")

    def wait_scan(self, timeout: float | None = None) -> Message:
        """Wait until the scan is over; return what has become of it.

        Raises
        ------
        StationTimeout
            It is not over after `timeout` seconds; it goes on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = ASK_EVERY if deadline is None else min(ASK_EVERY, deadline - time.monotonic())
            scan: Message | None = self.ask("wait_scan", timeout=max(0.0, left))
            if scan is None or scan["over"]:
                return scan or {}
            if deadline is not None and time.monotonic() >= deadline:
                raise StationTimeout(f"the scan {scan['name']} is {scan['state']} after {timeout:g} s; it goes on")

    def scan_points(self, since: int = -1) -> list[Message]:
        """Return points of the scan after number `since`; the last 10,000 are kept."""
        found: list[Message] = self.ask("scan_points", since=since)
        return found

    def past_scans(self) -> list[Message]:
        """Return the scans of this station."""
        found: list[Message] = self.ask("past_scans")
        return found

    # named positions

    def positions(self, path: str | os.PathLike[str] | None = None) -> dict[str, dict[str, float]]:
        """Return the named positions: target to value, by name."""
        found: dict[str, dict[str, float]] = self.ask("positions", path=absolute_or_none(path))
        return found

    def save_position(
        self,
        name: str,
        targets: Sequence[str] | None = None,
        *,
        values: Mapping[str, float] | None = None,
        overwrite: bool = False,
        path: str | os.PathLike[str] | None = None,
    ) -> dict[str, float]:
        """Keep where targets are (all stages by default), or given values, under a name; return them."""
        more = {
            "targets": None if targets is None else list(targets),
            "values": None if values is None else dict(values),
            "overwrite": overwrite,
            "path": absolute_or_none(path),
        }
        found: dict[str, float] = self.ask("save_position", name=name, **more)
        return found

    def go_to_position(
        self, name: str, timeout: float = 60.0, *, path: str | os.PathLike[str] | None = None
    ) -> dict[str, float]:
        """Bring the targets of a position to its values, and wait; return where they are."""
        found: dict[str, float] = self.finish("go_to_position", name=name, timeout=timeout, path=absolute_or_none(path))
        return found

    def rename_position(self, name: str, new: str, *, path: str | os.PathLike[str] | None = None) -> None:
        """Give a position another name."""
        self.ask("rename_position", name=name, new=new, path=absolute_or_none(path))

    def remove_position(self, name: str, *, path: str | os.PathLike[str] | None = None) -> None:
        """Forget a position."""
        self.ask("remove_position", name=name, path=absolute_or_none(path))


def _plain_plan(plan: Any) -> Any:
    if isinstance(plan, str):
        return plan
    return plan.model_dump(mode="json", exclude_defaults=True) if hasattr(plan, "model_dump") else dict(plan)
