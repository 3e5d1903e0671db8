"""What a window knows of its station: a copy that the events keep true. No Qt, no waiting."""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["Message", "StationMirror"]

Message = dict[str, Any]

_LOG_LINES = 2_000
_POINTS = 10_000
_ENDED_JOBS = 200


class StationMirror:
    """The state of a station, as of the last event.

    Attributes
    ----------
    devices : dict of str to dict
        By name: ``type``, ``identity``, ``status``, ``values``, ``lists`` of parameter specs, for a light ``light``.
    references : dict
        By camera, then by reference name.
    control : dict or None
        Who may change things.
    clients, past_scans, log : list of dict
    live : set of str
        Cameras that run to be looked at.
    in_use : dict of str to str
        By device: what it is needed for now.
    master_off : bool
    undo : int or list
        What can be set back.
    scan : dict or None
        The scan that is running, or was the last one.
    points : deque of dict
        Of that scan, the last 10,000 that this window was told of.
    jobs : dict of int to dict
        Running ones and the last that have ended.
    """

    def __init__(self) -> None:
        self.sequence = -1
        self.name = ""
        self.state: Message = {}
        self._clear()

    def _clear(self) -> None:
        self.devices: dict[str, Message] = {}
        self.references: dict[str, dict[str, Message]] = {}
        self.control: Message | None = None
        self.clients: list[Message] = []
        self.past_scans: list[Message] = []
        self.log: deque[Message] = deque(maxlen=_LOG_LINES)
        self.live: set[str] = set()
        self.in_use: dict[str, str] = {}
        self.master_off = False
        self.undo: Message | None = None
        self.redo: Message | None = None
        self.reference_age: float | None = None
        self.scan: Message | None = None
        self.points: deque[Message] = deque(maxlen=_POINTS)
        self.jobs: dict[int, Message] = {}

    def of_type(self, kind: str) -> list[str]:
        """Return the names of the devices of a type: ``Instrument``, ``LightControl`` or ``Actuator``."""
        return [name for name, device in self.devices.items() if device["type"] == kind]

    def specs(self, device: str, category: str = "Parameter") -> list[Message]:
        """Return the specs of the parameters of a device."""
        found: list[Message] = self.devices.get(device, {}).get("lists", {}).get(category, [])
        return found

    def spec(self, device: str, parameter: str) -> Message | None:
        """Return the spec of a parameter, of whatever list; None if there is none."""
        lists = self.devices.get(device, {}).get("lists", {})
        return next((spec for specs in lists.values() for spec in specs if spec["name"] == parameter), None)

    def value(self, device: str, parameter: str) -> Any:
        """Return the last known value of a parameter; None if it is not known."""
        return self.devices.get(device, {}).get("values", {}).get(parameter)

    @property
    def scanning(self) -> bool:
        """Whether a scan has not ended."""
        return self.scan is not None and not self.scan.get("over", True)

    @property
    def dark(self) -> bool:
        """Whether all lights were forced off together and are: one that did not answer, or was put back, is not."""
        states = [device.get("light") for device in self.devices.values() if device["type"] == "LightControl"]
        return self.master_off and all(state == "ForcedOff" for state in states)

    def apply(self, event: Message) -> None:
        """Take an event in; one of a kind that is not known changes nothing."""
        self.sequence = event.get("sequence", self.sequence)
        take = getattr(self, f"_take_{event['event']}", None)
        if take is not None:
            take(event)

    def _take_snapshot(self, event: Message) -> None:
        state = event["state"]
        points = list(self.points) if self._same_scan(state.get("scan")) else []
        self._clear()
        self.state = state
        self.name = state["name"]
        self.devices = {device["name"]: dict(device) for device in state["devices"]}
        self.references = {device: dict(kept) for device, kept in state["references"].items()}
        self.control = state["control"]
        self.clients = state["clients"]
        self.past_scans = list(state["past_scans"])
        self.log.extend(state["log"])
        self.live = set(state["live"])
        self.in_use = dict(state["in_use"])
        self.master_off = state["master_off"]
        self.undo, self.redo = state["undo"], state["redo"]
        self.reference_age = state["reference_age"]
        self.scan = state["scan"]
        self.points.extend(points)
        self.jobs = {job["job"]: job for job in state["jobs"]}

    _take_missed = _take_snapshot

    def _same_scan(self, scan: Message | None) -> bool:
        return scan is not None and self.scan is not None and scan["number"] == self.scan["number"]

    def _take_parameters(self, event: Message) -> None:
        device = self.devices.get(event["device"])
        if device is None:
            return
        gone = set(event.get("gone", ()))
        device["values"] = {k: v for k, v in (device["values"] | event["values"]).items() if k not in gone}
        changed = {spec["name"]: spec for spec in event.get("specs", ())}
        if not changed and not gone:
            return
        lists: dict[str, list[Message]] = {}
        for category, specs in device["lists"].items():
            lists[category] = [changed.pop(each["name"], each) for each in specs if each["name"] not in gone]
        for spec in changed.values():
            lists.setdefault(spec["category"], []).append(spec)
        device["lists"] = lists

    def _take_state(self, event: Message) -> None:
        name, state = event["device"], event["state"]
        self.devices[name] = self.devices.get(name, {}) | state

    _take_connected = _take_lost = _take_reconnected = _take_device = _take_light = _take_state

    def _take_disconnected(self, event: Message) -> None:
        self.devices.pop(event["device"], None)
        self.references.pop(event["device"], None)
        self.live.discard(event["device"])

    def _take_lights(self, event: Message) -> None:
        self.master_off = event["master_off"]

    def _take_reference(self, event: Message) -> None:
        kept = dict(self.references.get(event["device"], {}))
        kept.pop(event["reference"], None)
        if event["state"] is not None:
            kept[event["reference"]] = event["state"]
        self.references[event["device"]] = kept

    def _take_references(self, event: Message) -> None:
        for device, found in event["references"].items():
            kept = self.references.get(device, {})
            same = {name: state for name, state in found.items() if name in kept}
            same = {name: state for name, state in same.items() if state["timestamp"] == kept[name]["timestamp"]}
            self.references[device] = kept | same

    def _take_scan(self, event: Message) -> None:
        what = event["what"]
        if what == "accepted":
            self.points.clear()
        if what in ("accepted", "over"):
            self.scan = event["scan"]
            if what == "over":
                self._remember(event["scan"])
            return
        if self.scan is None:
            return
        message = event.get(what, {})
        match what:
            case "started":
                self.scan = self.scan | {key: message[key] for key in ("path", "node") if key in message}
                self.scan |= {"total": message.get("points"), "done": message.get("done", 0)}
            case "point":
                self.points.append(message)
                self.scan["done"] = max(self.scan.get("done", 0), message["number"] + 1)
            case "progress":
                self.scan = self.scan | {"done": message["done"], "total": message["total"], "progress": message}
            case "warning":
                self.scan = self.scan | {"warnings": [*self.scan.get("warnings", []), message["message"]][-100:]}
            case "prompt":
                self.scan = self.scan | {"prompts": message}
            case "failed":
                self.scan = self.scan | {"reason": message["message"], "error": message}
            case _:
                self.scan = self.scan | {key: message[key] for key in ("state", "reason") if key in message}

    def _remember(self, scan: Message | None) -> None:
        if scan is None or not scan.get("path"):
            return
        kept = {key: value for key, value in scan.items() if key not in ("description", "progress", "devices")}
        self.past_scans = [*(past for past in self.past_scans if past["number"] != scan["number"]), kept]

    def _take_undo(self, event: Message) -> None:
        self.undo, self.redo = event["undo"], event["redo"]

    def _take_reference_age(self, event: Message) -> None:
        self.reference_age = event["seconds"]

    def _take_in_use(self, event: Message) -> None:
        for name in event["devices"]:
            if event["use"]:
                self.in_use[name] = event["use"]
            else:
                self.in_use.pop(name, None)

    def _take_job(self, event: Message) -> None:
        job = {key: value for key, value in event.items() if key not in ("event", "sequence", "time")}
        self.jobs.pop(job["job"], None)
        self.jobs[job["job"]] = job
        ended = [number for number, each in self.jobs.items() if each["state"] != "running"]
        for number in ended[: max(0, len(ended) - _ENDED_JOBS)]:
            del self.jobs[number]

    def _take_live(self, event: Message) -> None:
        (self.live.add if event["running"] else self.live.discard)(event["device"])

    def _take_control(self, event: Message) -> None:
        self.control = event["holder"]

    def _take_clients(self, event: Message) -> None:
        self.clients = event["clients"]

    def _take_log(self, event: Message) -> None:
        self.log.append(event)
