"""pymodaq-hsi presets."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

from h5modules.data_saving import DataLoader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def run(*words: object, cwd: Path) -> None:
    """Give a command in a process of its own, as people do."""
    command = [sys.executable, "-m", "pymodaq_hsi.cli", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_preset_is_kept_used_listed_and_removed(tmp_path: Path, command: Callable[..., tuple[str, str]]) -> None:
    folder = ("--folder", "presets")
    run(
        *("presets", "save", "lab A", "--description", "small", "--white", "camera=3", *folder),
        *("--device", "camera=VirtualHyperCamera:VHC-0", "--set", "camera.PixelCount=16"),
        *("--device", "light=VirtualLight", "--set", "light.Intensity=40"),
        cwd=tmp_path,
    )
    kept = tomllib.loads((tmp_path / "presets" / "lab A.toml").read_text())
    assert kept["devices"]["camera"]["identity"] == "VirtualHyperCamera:VHC-0"
    assert kept["devices"]["camera"]["parameters"]["PixelCount"] == 16
    assert kept["devices"]["light"]["parameters"]["Intensity"] == 40.0
    assert (tmp_path / "presets" / kept["devices"]["camera"]["references"]["WhiteReference"]).is_file()

    loaded = json.loads(command("presets", "load", "lab A", *folder, "--json", cwd=tmp_path)[0])
    assert loaded["complete"] is True
    assert loaded["devices"] == {"camera": "VirtualHyperCamera:VHC-0", "light": "VirtualLight:VL-0"}
    assert loaded["references"] == {"camera": ["WhiteReference"]}

    would = json.loads(command("presets", "load", "lab A", *folder, "--dry-run", "--json", cwd=tmp_path)[0])
    assert would["devices"] == loaded["devices"]
    assert would["would_set"] == ["camera.PixelCount = 16", "light.Intensity = 40.0"]
    said, _ = command(
        *("presets", "save", "lab B", *folder, "--device", "light=VirtualLight", "--set", "light.Intensity=30"),
        "--dry-run",
        cwd=tmp_path,
    )
    assert "would be set: light.Intensity = '30'" in said
    assert "nothing was moved, set or written" in said
    assert [file.name for file in (tmp_path / "presets").glob("lab B*")] == []

    (tmp_path / "plan.toml").write_text(
        'kind = "recording"\nlines = 5\ndetectors = [{ device = "camera", value = "reflectance" }]\n'
    )
    command("scan", "plan.toml", "--preset", "lab A", "--preset-folder", "presets", "--output", "a.h5", cwd=tmp_path)
    with DataLoader(tmp_path / "a.h5") as loader:
        assert loader.load_data("/RawData/Scan000/Detector000/DataND/CH00/EnlData00").shape == (5, 16, 224)

    assert "lab A: small (camera, light" in command("presets", "list", *folder, cwd=tmp_path)[0]
    assert "already" in command("presets", "save", "lab A", *folder, cwd=tmp_path, code=1)[1]
    command("presets", "remove", "lab A", *folder, cwd=tmp_path)
    assert list((tmp_path / "presets").glob("lab*")) == []
