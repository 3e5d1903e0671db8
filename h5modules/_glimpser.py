"""The process behind `h5modules.glimpsing`: a question a line of JSON, an answer a line of JSON and its samples."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tables

from h5modules._storage.attributes import decode
from h5modules._storage.opening import open_existing
from h5modules.errors import H5ModulesError

if TYPE_CHECKING:
    import numpy.typing as npt

    from h5modules._storage.rawfile import RawFile

_MEASURED = "Measured"
_DATA = ("Data", "EnlData")


def answer(question: dict[str, Any]) -> tuple[dict[str, Any], npt.NDArray[Any] | None]:
    """Return what is told and the samples, if there are any."""
    file = open_existing(Path(question["path"]), "r")
    try:
        match question["do"]:
            case "arrays":
                return {"arrays": _arrays(file, question["node"])}, None
            case "nav_axes":
                found = [_axis(node) for node in _leaves(file, question["node"]) if _is_nav(node)]
                return {"axes": found}, None
            case "read":
                key = tuple(slice(*each) if isinstance(each, list) else each for each in question["key"])
                return {}, np.asarray(file.get_node(question["array"])[key])
            case "pick":
                return {}, _pick(file.get_node(question["array"]), slice(*question["rows"]), question["last"])
            case "text":
                rows = file.get_node(question["array"])[:]
                return {"text": "".join(bytes(np.asarray(row, np.uint8)).decode() for row in rows)}, None
            case "means":
                return {}, _means(file.get_node(question["array"]), question)
    finally:
        file.close()
    raise ValueError(f"there is no question {question['do']!r}")


def _arrays(file: RawFile, where: str) -> list[dict[str, Any]]:
    found = []
    for leaf in _leaves(file, where):
        if not leaf._v_name.startswith(_DATA) or not leaf._v_name[-2:].isdigit():
            continue
        dimensions = _text(leaf, "nav_indexes", ())
        nav = len(dimensions) if isinstance(dimensions, (tuple, list)) else 0
        axes = [_axis(each) for each in leaf._v_parent._f_iter_nodes() if each._v_name.startswith("Axis")]
        found.append(
            {
                "path": leaf._v_pathname,
                "name": _name(leaf),
                "origin": str(_text(leaf, "origin", "")),
                "units": str(_text(leaf, "units", "")),
                "shape": [int(size) for size in leaf.shape],
                "dtype": leaf.dtype.str,
                "nav": nav,
                "axes": [axis for axis in axes if axis["index"] >= nav],
            }
        )
    return found


def _leaves(file: RawFile, where: str) -> list[Any]:
    node = file.get_node(where)
    return list(file.walk_nodes(node, "Leaf")) if isinstance(node, tables.Group) else [node]


def _is_nav(node: Any) -> bool:
    return bool(node._v_name.startswith("Axis") and node._v_parent._v_name == "NavAxes")


def _axis(node: Any) -> dict[str, Any]:
    return {
        "label": str(_text(node, "label", node._v_name)),
        "units": str(_text(node, "units", "")),
        "index": int(_text(node, "index", 0)),
        "spread_order": int(_text(node, "spread_order", 0)),
        "values": np.asarray(node.read(), np.float64).ravel().tolist(),
    }


def _name(leaf: Any) -> str:
    """Return the name of data: the title of their channel, where they have one."""
    channel = leaf._v_parent
    titled = channel if channel._v_name.startswith("CH") and channel._v_title else leaf
    return str(titled._v_title or leaf._v_name)


def _text(node: Any, name: str, default: Any) -> Any:
    attributes = node._v_attrs
    if name not in attributes:
        return default
    raw = attributes[name]
    return decode(raw, name=name, node=node._v_pathname) if isinstance(raw, (bytes, str)) else raw


def _pick(node: Any, rows: slice, last: list[int]) -> npt.NDArray[Any]:
    bands = np.clip(np.array(last), 0, node.shape[-1] - 1)
    numbers = range(*rows.indices(node.shape[0]))
    found = np.empty((len(numbers), *node.shape[1:-1], len(bands)), node.dtype)
    block = max(1, (16 << 20) // max(1, int(np.prod(node.shape[1:])) * node.dtype.itemsize))
    if numbers.step > 1:
        for place, number in enumerate(numbers):
            found[place] = node[number][..., bands]
        return found
    for start in range(0, len(numbers), block):
        some = numbers[start : start + block]
        found[start : start + len(some)] = node[some.start : some.stop][..., bands]
    return found


def _means(node: Any, question: dict[str, Any]) -> npt.NDArray[np.float64]:
    end = time.monotonic() + float(question["seconds"])
    low, high = question["last"] or (0, None)
    found = []
    for point in question["points"]:
        values = np.asarray(node[tuple(point)])
        values = values[..., low:high] if values.ndim else values
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values.ravel()
        found.append(float(finite.mean(dtype=np.float64)) if finite.size else np.nan)
        if time.monotonic() > end:
            break
    return np.array(found, np.float64)


def main() -> None:
    """Answer questions until there are none any more."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(10)  # whoever writes the file goes first; Windows has it otherwise
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        try:
            told, data = answer(json.loads(line))
        except (H5ModulesError, tables.HDF5ExtError, tables.NodeError, OSError) as error:
            told, data = {"error": _words(error)}, None
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, MemoryError, RuntimeError) as error:
            told, data = {"error": f"{type(error).__name__}: {error}"}, None
        content = b""
        if data is not None:
            content = np.ascontiguousarray(data).tobytes()
            told |= {"dtype": data.dtype.str, "shape": list(data.shape)}
        out.write(json.dumps(told | {"bytes": len(content)}).encode() + b"\n")
        out.write(content)
        out.flush()


def _words(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[-1].strip() if isinstance(error, tables.HDF5ExtError) else text


if __name__ == "__main__":
    main()
