"""``pymodaq-hsi plugins``: what is installed, and why something does not load."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pymodaq_hsi.cli import main

if TYPE_CHECKING:
    from conftest import Gadgets, PluginSite


def test_a_good_plugin_and_a_broken_one_are_listed(
    site: PluginSite, gadget_room: Gadgets, capsys: pytest.CaptureFixture[str]
) -> None:
    site.add_module("faults")
    site.install("mine", (gadget_room.folder / "gadgets.py").read_text(encoding="utf-8"), version="3.1")
    site.install("broken", "import no_such_sdk\n", version="0.2")
    with pytest.raises(SystemExit) as ended:
        main(["plugins", "--json", "--timeout", "30"])
    assert ended.value.code == 1
    printed = capsys.readouterr()
    listed = {plugin["name"]: plugin for plugin in json.loads(printed.out)["plugins"]}
    assert listed["mine"]["state"] == "OK"
    assert listed["mine"]["version"] == "3.1"
    assert {"name": "Lamp", "type": "LightControl"}.items() <= listed["mine"]["drivers"][2].items()
    assert listed["broken"]["state"] == "LoadError"
    assert "no_such_sdk" in listed["broken"]["errors"][0]
    assert "error: plugin broken (broken 0.2) could not be loaded" in printed.err
