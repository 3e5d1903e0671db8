from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

LAYOUTS = {"bip": (0, 1, 2), "bil": (0, 2, 1), "bsq": (2, 0, 1)}
CODES = {"u1": 1, "i2": 2, "i4": 3, "f4": 4, "f8": 5, "c8": 6, "c16": 9, "u2": 12, "u4": 13, "i8": 14, "u8": 15}

Vendor = Callable[..., Path]


@pytest.fixture
def counts() -> np.ndarray:
    """A small cube (lines, pixels, bands) in which every sample is another number."""
    return np.arange(5 * 4 * 3, dtype="<u2").reshape(5, 4, 3)


@pytest.fixture
def vendor(tmp_path: Path) -> Vendor:
    """Write a cube as a stranger's software would: header text and raw bytes put together by hand."""

    def write(
        cube: np.ndarray, name: str = "cube.hdr", *, data: str | None = "cube.raw", head="ENVI\n", tail="", **keys
    ):
        interleave = str(keys.pop("interleave", "bip"))
        known = {
            "samples": cube.shape[1],
            "lines": cube.shape[0],
            "bands": cube.shape[2],
            "data_type": CODES[cube.dtype.str[1:]],
            "interleave": interleave,
            "byte_order": int(cube.dtype.str[0] == ">"),
            "header_offset": 0,
        } | keys
        text = "".join(f"{key.replace('_', ' ')} = {value}\n" for key, value in known.items() if value is not None)
        header = tmp_path / name
        header.parent.mkdir(parents=True, exist_ok=True)
        header.write_bytes(head.encode("utf-8") + text.encode("latin-1") + tail.encode("latin-1"))
        if data is not None:
            payload = cube.transpose(LAYOUTS[interleave.lower()]).tobytes()
            offset = known["header_offset"]
            (tmp_path / data).write_bytes(b"\xaa" * int(offset if offset is not None else 0) + payload)
        return header

    return write
