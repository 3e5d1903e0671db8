"""Files from every saver, damaged or made hostile, and what our loader does with them.

    python benchmarks/fuzz_loader.py                5000 files
    python benchmarks/fuzz_loader.py 200 --seed 7

Each is loaded in a process of its own: opened, walked, every attribute and array read, all data loaded, also lazily.
What may happen is an error of h5modules, or data. Any other exception, code that was executed, a process that crashed
or took longer than 30 s is a failure, and the exit code their number (255 at most). Crashes inside the HDF5 library
that happen to plain h5py with the same file, too, are counted apart.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import logging
import multiprocessing
import os
import pickle
import random
import shutil
import sys
import tempfile
import traceback
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from kill_cases import CASES, OWN_THREAD, Seeds

from h5modules.data_saving import DataLoader
from h5modules.errors import H5ModulesError
from h5modules.saving import H5SaverLowLevel

LONGEST = 30.0
"""Seconds that a file may take."""
MEMORY = 4 << 30


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, marker: str) -> None:
        self._marker = marker

    def __reduce__(self) -> Any:
        return os.mkdir, (self._marker,)


def look(path: str) -> str:
    """Load all that is in a file; return '' or the error of ours that it gave."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    os.close(2)  # HDF5 prints its errors
    os.open(os.devnull, os.O_WRONLY)
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except ImportError:
        pass  # Windows has no such limits
    errors: list[str] = []

    def tried(function: Any) -> Any:
        try:
            return function()
        except H5ModulesError as exc:
            if not str(exc):
                raise AssertionError("an error without a message") from exc
            errors.append(type(exc).__name__)
            return None

    def loaded() -> None:
        with DataLoader(path) as loader:
            for node in itertools.islice(tried(lambda: list(loader.walk_nodes("/"))) or [], 300):
                tried(node.attrs.to_dict)
                tried(lambda node=node: loader.get_nav_group(node))
                for lazy in (False, True):
                    data = tried(lambda node=node, lazy=lazy: loader.load_data(node, with_bkg=True, lazy=lazy))
                    if lazy and data is not None and data.size < 10**6:
                        tried(lambda data=data: np.asarray(data[0][:1]))
            tried(lambda: loader.load_all("/"))
            tried(lambda: loader.load_data("/RawData/Scan000/Detector000", load_all=True))

    tried(loaded)
    return ", ".join(sorted(set(errors)))


def plain(path: str) -> None:
    """Read everything with h5py."""
    try:
        with h5py.File(path, "r") as file:
            names: list[str] = []
            file.visit(names.append)
            for name in names:
                try:
                    node = file[name]
                    dict(node.attrs)
                    if isinstance(node, h5py.Dataset) and node.size < 10**8:
                        node[...]
                except Exception:  # only crashes are looked for
                    continue
    except Exception:  # only crashes are looked for
        return


def originals(folder: Path) -> list[Path]:
    """Write a file with each saver, in each compression."""
    paths = []
    for number, (case, codec) in enumerate(itertools.product(CASES, ("none", "zlib"))):
        path = folder / f"original-{number}.h5"
        with H5SaverLowLevel("scan", compression=codec) as h5:
            h5.init_file(path)
            detector = h5.add_det_group(h5.add_scan_group(title="a scan"), title="camera").path
            steps = CASES[case](h5, detector, Seeds(number))
            for _ in range(5 if case in OWN_THREAD else 4):
                next(steps)
            steps.close()
        paths.append(path)
    return paths


def flipped(path: Path, rng: random.Random, marker: str) -> str:
    """Change some bytes, mostly where the library's own structures are."""
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        data[rng.randrange(min(len(data), rng.choice((256, 4096, 65536, len(data)))))] = rng.randrange(256)
    path.write_bytes(data)
    return "bytes flipped"


def structured(path: Path, rng: random.Random, marker: str) -> str:
    """Change bytes just behind a signature of the library's structures."""
    data = bytearray(path.read_bytes())
    places = [k for name in (b"TREE", b"SNOD", b"HEAP", b"GCOL") for k in range(len(data)) if data[k : k + 4] == name] \
        if len(data) < 300_000 else [data.find(name) for name in (b"TREE", b"SNOD", b"HEAP")]  # fmt: skip
    if places:
        start = rng.choice(places) + 4
        for _ in range(rng.choice((1, 3))):
            data[min(len(data) - 1, start + rng.randrange(60))] = rng.choice((0, 1, 255, rng.randrange(256)))
    path.write_bytes(data)
    return "structures"


def truncated(path: Path, rng: random.Random, marker: str) -> str:
    """Cut the file."""
    size = path.stat().st_size
    os.truncate(path, rng.randrange(rng.choice((size, size, min(size, 5000)))))
    return "truncated"


def zeroed(path: Path, rng: random.Random, marker: str) -> str:
    """Lose a block."""
    data = bytearray(path.read_bytes())
    start, length = rng.randrange(len(data)), rng.choice((8, 512, 4096))
    data[start : start + length] = bytes(len(data[start : start + length]))
    path.write_bytes(data)
    return "zeroed"


def values(marker: str) -> list[Any]:
    """Return what an attribute may be that is not what it should be."""
    code = f"__import__('os').mkdir({marker!r})"
    told = [(t, code) for t in ("float", "tuple", "str", "datetime", "list", "int", "float64", "dict", "object")]
    return [
        *(json.dumps({"module": "builtins", "type": kind, "data": data}) for kind, data in told),
        json.dumps({"module": "builtins", "type": "tuple", "data": "(" * 5000}),
        json.dumps({"module": "builtins", "type": "tuple", "data": "(0, -1, 99999999999999999999)"}),
        json.dumps({"module": "builtins", "type": "tuple", "data": "('a', None)"}),
        json.dumps({"module": "builtins", "type": "int", "data": "9" * 5000}),
        json.dumps({"module": "builtins", "type": "float", "data": "1e999"}),
        json.dumps({"module": "builtins", "type": "str", "data": "None"}),
        json.dumps({"module": "os", "type": "system", "data": 5}),
        '{"module": 1', '{"h5modules"}', "[" * 10000, "", "x" * 60000, "nan",
        np.bytes_(pickle.dumps(Bomb(marker), 0)), np.void(pickle.dumps(Bomb(marker), 4)),
        np.bytes_(b"\xff\xfe\x80"), np.int64(-1), np.float64("nan"), np.uint64(2**63), np.arange(5), np.zeros((2, 3)),
        np.array([b"a", b"b"]), h5py.Empty("f4"), np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]), True,
    ]  # fmt: skip


def attributed(path: Path, rng: random.Random, marker: str) -> str:
    """Replace attributes, or remove them."""
    with h5py.File(path, "r+") as file:
        nodes: list[Any] = [file]
        file.visititems(lambda _name, node: nodes.append(node))
        for _ in range(rng.choice((1, 3, 20))):
            node = rng.choice(nodes)
            names = list(node.attrs)
            if not names:
                continue
            name = rng.choice(names)
            del node.attrs[name]
            if rng.random() < 0.9:
                node.attrs[name] = rng.choice(values(marker))
    return "attributes"


def hostile(path: Path, rng: random.Random, marker: str) -> str:
    """Put something in that is a trap."""
    what = rng.choice(sorted(TRAPS))
    with h5py.File(path, "r+") as file:
        groups: list[Any] = [file]
        file.visititems(lambda _name, node: groups.append(node) if isinstance(node, h5py.Group) else None)
        group = rng.choice(groups)
        name = rng.choice(("NavAxes", "Axis00", "Data00", "EnlData00", "ErrorBar00", "Bkg00", "CH00", "FrameIndex"))
        while name in group:
            group.move(name, f"{name}_moved")
        TRAPS[what](file, group, name, marker)
        linked = isinstance(group.get(name, getlink=True), h5py.SoftLink | h5py.ExternalLink)
        node = None if linked else group.get(name)
        if isinstance(node, h5py.Dataset):
            node.attrs["CLASS"], node.attrs["TITLE"] = "CARRAY", "trap"
            kind = {"Axis": "axis", "Data": "data", "EnlD": "data_enlargeable", "Erro": "error", "Bkg0": "bkg"}
            fields = {"data_type": kind.get(name[:4], "data"), "distribution": "uniform", "label": "x", "units": ""}
            for key, value in {**fields, "data_dimension": "DataND", "nav_indexes": (), "index": 0}.items():
                told = {"module": "builtins", "type": type(value).__name__, "data": repr(value)}
                node.attrs[key] = json.dumps(told)
    return what


def _deep(file: Any, group: Any, name: str, marker: str) -> None:
    for _ in range(1500):
        group = group.create_group(name)


def _external_storage(file: Any, group: Any, name: str, marker: str) -> None:
    group.create_dataset(name, (100,), "u1", external=[("/etc/hostname", 0, 100)])


def _virtual(file: Any, group: Any, name: str, marker: str) -> None:
    layout = h5py.VirtualLayout((10,), "f8")
    layout[:] = h5py.VirtualSource(file.filename, f"{group.name}/{name}", (10,))
    group.create_virtual_dataset(name, layout)


def _objects(file: Any, group: Any, name: str, marker: str) -> None:
    node = group.create_dataset(name, (2,), h5py.vlen_dtype(np.uint8))
    node[0] = np.frombuffer(pickle.dumps(Bomb(marker)), np.uint8)
    node.attrs["PSEUDOATOM"] = np.bytes_(b"object")


def _unknown_filter(file: Any, group: Any, name: str, marker: str) -> None:
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((10,))
    properties.set_filter(305, h5py.h5z.FLAG_OPTIONAL, (1, 2))
    h5py.h5d.create(
        group.id, name.encode(), h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((10,)), properties
    )  # fmt: skip


TRAPS: dict[str, Any] = {
    "absurd shape": lambda _f, g, n, _m: g.create_dataset(n, (2**60,), "f8", chunks=(1024,)),
    "absurd shape, 3 dimensions": lambda _f, g, n, _m: g.create_dataset(n, (2**20,) * 3, "u1", chunks=(8, 8, 8)),
    "hard link cycle": lambda _f, g, n, _m: g.__setitem__(n, g),
    "hard link to root": lambda f, g, n, _m: g.__setitem__(n, f["/"]),
    "soft link to itself": lambda _f, g, n, _m: g.__setitem__(n, h5py.SoftLink(f"{g.name}/{n}")),
    "soft link to root": lambda _f, g, n, _m: g.__setitem__(n, h5py.SoftLink("/")),
    "external link to itself": lambda f, g, n, _m: g.__setitem__(n, h5py.ExternalLink(f.filename, "/")),
    "external link": lambda _f, g, n, _m: g.__setitem__(n, h5py.ExternalLink("/etc/passwd", "/")),
    "deep": _deep,
    "external storage": _external_storage,
    "virtual of itself": _virtual,
    "pickles in rows": _objects,
    "unknown filter": _unknown_filter,
    "compound": lambda _f, g, n, _m: g.create_dataset(n, (3,), [("a", "i4"), ("b", "f8")]),
    "references": lambda _f, g, n, _m: g.create_dataset(n, (3,), h5py.ref_dtype),
    "region references": lambda _f, g, n, _m: g.create_dataset(n, (3,), h5py.regionref_dtype),
    "text": lambda _f, g, n, _m: g.create_dataset(n, data=["a", "b"], dtype=h5py.string_dtype()),
    "opaque": lambda _f, g, n, _m: g.create_dataset(n, data=np.array([b"ab"], "V2")),
    "enum": lambda _f, g, n, _m: g.create_dataset(n, (3,), h5py.enum_dtype({"A": 1, "B": 2}, "i4")),
    "zero size": lambda _f, g, n, _m: g.create_dataset(n, (0, 5), "f8"),
    "null space": lambda _f, g, n, _m: g.create_dataset(n, data=h5py.Empty("f8")),
    "scalar": lambda _f, g, n, _m: g.create_dataset(n, data=3.0),
    "NaN axis": lambda _f, g, n, _m: g.create_dataset(n, data=np.full(20, np.nan)),
    "complex": lambda _f, g, n, _m: g.create_dataset(n, data=np.full(20, 1j)),
    "half floats, big endian": lambda _f, g, n, _m: g.create_dataset(n, data=np.full(20, 1, ">f2")),
    "named type": lambda f, g, n, _m: g.__setitem__(n, np.dtype("f8")),
}  # fmt: skip
KINDS = (flipped, flipped, structured, truncated, zeroed, attributed, attributed, hostile, hostile)


class Reader:
    """A process that looks at files, and is replaced when it dies."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._pool: ProcessPoolExecutor | None = None

    def ask(self, function: Any, path: Path) -> str:
        """Return what `function` says, 'crash', 'hang', or the traceback of a foreign exception."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=self._context)
        try:
            return str(self._pool.submit(function, str(path)).result(timeout=LONGEST))
        except BrokenProcessPool:
            self._pool = None
            return "crash"
        except FutureTimeout:
            for process in list(self._pool._processes.values()):  # noqa: SLF001 - there is no public way
                process.kill()
            self._pool.shutdown()
            self._pool = None
            return "hang"
        except Exception as exc:  # what was not expected is what is looked for
            return "".join(traceback.format_exception(exc))

    def close(self) -> None:
        """End it."""
        if self._pool is not None:
            self._pool.shutdown()


def run(count: int, seed: int, keep: Path) -> int:
    """Damage files, have them loaded, print what was found; return how many failures there were."""
    rng, reader, failures = random.Random(seed), Reader(), 0
    outcomes: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = originals(folder)
        for source in sources if count >= len(sources) else rng.sample(sources, 3):
            said = reader.ask(look, source)
            if said not in ("", "NodeKindError", "NodeKindError, NodeNotFound", "NodeNotFound"):
                failures += 1
                print(f"! {source.name}, not damaged: {said}", flush=True)
        marker = folder / "executed"
        for number in range(count):
            path = folder / f"{number}.h5"
            shutil.copyfile(rng.choice(sources), path)
            kind = rng.choice(KINDS)(path, rng, str(marker))
            kept = path.read_bytes()
            said = reader.ask(look, path)
            if marker.exists():
                said = "EXECUTED"
                marker.rmdir()
            outcome = "error" if said and len(said) < 200 else "loaded" if not said else "foreign"
            if said in ("crash", "hang", "EXECUTED"):
                outcome = said
            if said == "crash":
                path.write_bytes(kept)
                if reader.ask(plain, path) == "crash":
                    outcome = "HDF5 crash"
            outcomes[kind][outcome] += 1
            if outcome not in ("error", "loaded", "HDF5 crash"):
                failures += 1
                (keep / f"hostile-{seed}-{number}.h5").write_bytes(kept)
                told = said.partition("The above exception")[0].strip()
                print(f"! {number} {kind}: {told[-400:]}", flush=True)
            for left in folder.glob(f"{number}.h5*"):
                left.unlink()
    reader.close()
    columns = ("loaded", "error", "HDF5 crash", "foreign", "crash", "hang", "EXECUTED")
    print(f"{'damage':28}" + "".join(f"{column:>12}" for column in columns))
    for kind in sorted(outcomes):
        print(f"{kind:28}" + "".join(f"{outcomes[kind][column]:>12}" for column in columns))
    print(f"{count} files, {failures} failures")
    return failures


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(), help="folder for files that fail")
    options = parser.parse_args()
    sys.exit(min(run(options.count, options.seed, options.keep), 255))


if __name__ == "__main__":
    main()
