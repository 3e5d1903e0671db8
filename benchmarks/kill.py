"""Writers killed by SIGKILL (`Process.kill`) at random moments, over all savers, and what is left of their files.

    python benchmarks/kill.py                 1000 kills
    python benchmarks/kill.py 200 --seed 3 --only Timed

Each writer reports what ``add_data`` has returned from through a pipe. It makes scans with a detector each, goes on
in those of a killed writer before it, and may use any compression. After each kill the file as it was left is opened
by plain h5py, by PyMoDAQ's loader and, last, by ours (which may repair it); all that was reported has to be there.
The exit code is the number of kills after which something was not there, or a file did not open (255 at most).
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import logging
import multiprocessing
import os
import random
import sys
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from kill_cases import CASES, OWN_THREAD, Record, Seeds, content

from h5modules.data_saving import DataLoader
from h5modules.saving import H5SaverLowLevel

CODECS = ("none", "zlib", "blosc2")
KILLS_PER_FILE = 3
"""If nothing else is told."""
LONGEST = 0.3
"""Seconds that a writer is left alive at most, once it began."""


def write(path: str, case: str, codec: str, seed: int, pipe: Any) -> None:
    """Save until killed, reporting what was accepted."""
    fd = pipe.fileno()
    os.write(fd, b"begun\n")
    rng, seeds = random.Random(seed), Seeds(seed)
    h5 = H5SaverLowLevel("scan", compression=codec)
    h5.init_file(path)
    detectors = [f"{scan.path}/Detector000" for scan in h5.get_groups("/RawData", "scan")]
    last = detectors[-1:]
    running = []
    while True:
        if last and h5.is_node_in_group(last[0].rpartition("/")[0], "Detector000"):
            detector = last[0]  # goes on where the one before was killed
        else:
            scan = h5.add_scan_group(title="a scan")
            detector = h5.add_det_group(scan, title="camera").path
        last = []
        running = [*running[-1:], CASES[case](h5, detector, seeds)]
        for _ in range(10**9 if case in OWN_THREAD else rng.choice((2, 10, 50, 300))):
            records = next(running[rng.randrange(len(running))], None)
            if records is None:
                running.clear()
                break
            os.write(fd, json.dumps(records).encode() + b"\n")


def killed(
    context: Any, path: Path, case: str, codec: str, seed: int, alive: float, *, early: bool
) -> tuple[list[Record], str]:
    """Return what a writer had reported when it was killed, and what ended it if it was not that.

    It is left alive for so many seconds from when it begins (`early`), or from its first report on.
    """
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=write, args=(str(path), case, codec, seed, writer))
    process.start()
    writer.close()
    received = os.read(reader.fileno(), 65536)
    deadline = time.perf_counter() + (alive if early else 30.0)
    first = not early
    os.set_blocking(reader.fileno(), False)
    while True:
        with contextlib.suppress(BlockingIOError):
            received += os.read(reader.fileno(), 1 << 20)
        if first and received.count(b"\n") > 1:
            first, deadline = False, time.perf_counter() + alive
        if time.perf_counter() > deadline or not process.is_alive():
            break
        time.sleep(0.0005)
    by_itself = "" if process.is_alive() else "the writer ended by itself"
    process.kill()
    process.join()
    os.set_blocking(reader.fileno(), True)
    while more := os.read(reader.fileno(), 1 << 20):
        received += more
    reader.close()
    lines = received.split(b"\n")[1:-1]  # the last one is empty, or was cut
    return [record for line in lines for record in json.loads(line)], by_itself


def place(at: Any) -> Any:
    """Return the index of a record in the array."""
    return Ellipsis if at is None else tuple(at)


def compare(records: list[Record], load: Any) -> list[str]:
    """Return what of the records `load`, given a path, does not have."""
    lost, arrays = [], {}
    for path, at, seed, shape, dtype in records:
        if at == "text":
            continue
        try:
            if path not in arrays:
                arrays[path] = np.asarray(load(path))
            array = arrays[path]
            block = (isinstance(at, list) and len(at) == 2 and "EnlData" in path) or ("Axis" in path and at is not None)
            if block:
                first, count = at[0], at[1] if len(at) == 2 else 1
                there = array[first : first + count]
            else:
                there = array[place(at)]
            expected = content(seed, tuple(shape), dtype)
            if there.size != expected.size or not np.array_equal(there.reshape(expected.shape), expected):
                lost.append(f"{path}{at}: another value")
        except Exception as exc:  # whatever a reader says, the record is not there
            lost.append(f"{path}{at}: {type(exc).__name__} {exc!s:.200}")
            arrays.setdefault(path, np.empty(0))
    return lost


def in_h5py(path: str, records: list[Record]) -> list[str]:
    """Return what plain h5py does not find, once it has looked at every node."""
    import hdf5plugin  # noqa: F401 - without it h5py does not read Blosc2

    with h5py.File(path, "r") as file:
        names: list[str] = []
        file.visit(names.append)
        for name in names:
            node = file[name]
            dict(node.attrs)
        return compare(records, lambda name: file[name][...])


def in_pymodaq(path: str, records: list[Record]) -> list[str]:
    """Return what PyMoDAQ's loader does not find."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    from pymodaq_data.h5modules.data_saving import AxisSaverLoader
    from pymodaq_data.h5modules.data_saving import DataLoader as Theirs
    from pymodaq_data.h5modules.saving import H5SaverLowLevel as TheirFile

    h5 = TheirFile(backend="tables")
    h5.open_file(path, "r")
    try:
        loader = Theirs(h5)

        def load(name: str) -> Any:
            if "/Axis" in name:
                return AxisSaverLoader(h5).load_axis(name).get_data()
            return loader.load_data(name)[0]

        return compare(records, load)
    finally:
        h5.close_file()


def in_ours(path: str, records: list[Record]) -> tuple[list[str], str]:
    """Return what our loader does not find, and what it did on opening."""
    logging.disable(logging.CRITICAL)
    with DataLoader(path) as loader:
        done = "closed" if loader.recovery is None else loader.recovery.action
        lost = [] if loader.recovery is None else [f"said to be lost: {name}" for name in loader.recovery.lost]

        def load(name: str) -> Any:
            if "/Axis" in name or "/ErrorBar" in name or "/Bkg" in name:
                return loader.get_node(name).read()
            data = loader.load_data(name)
            for axis in data.axes:
                if axis.size != data.shape[axis.index] or np.isnan(axis.get_data()).any():
                    raise ValueError(f"axis {axis.label} has {axis.get_data()} for shape {data.shape}")
            return data[0]

        lost += compare(records, load)
        messages = [record for record in records if record[1] == "text"]
        if messages:
            log = set(loader.get_node("/RawData/Logger").read())
            lost += [str(m) for m in messages if f"message {m[2]} from {m[4]}" not in log]
    return lost, done


class Checker:
    """Readers in processes of their own, which may crash."""

    def __init__(self, context: Any, readers: dict[str, Any]) -> None:
        self._context = context
        self.readers = readers
        self._pools: dict[str, ProcessPoolExecutor] = {}

    def ask(self, name: str, path: Path, records: list[Record]) -> Any:
        """Return what a reader says; a reader that cannot open the file, or crashes, has lost all."""
        pool = self._pools.get(name)
        if pool is None:
            pool = self._pools[name] = ProcessPoolExecutor(1, mp_context=self._context)
        try:
            return pool.submit(self.readers[name], str(path), records).result(timeout=60)
        except BrokenProcessPool:
            del self._pools[name]
            return ["the reader crashed"]
        except Exception as exc:  # whatever a reader says, the file does not open
            return [f"cannot open: {type(exc).__name__} {exc!s:.300}"]

    def close(self) -> None:
        """End the processes."""
        for pool in self._pools.values():
            pool.shutdown()


def run(count: int, seed: int, cases: list[str], keep: Path, *, pymodaq: bool, each: int = KILLS_PER_FILE) -> int:
    """Kill, look, and print what was found."""
    context = multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")
    if hasattr(context, "set_forkserver_preload"):
        folder = str(Path(__file__).resolve().parent)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
        context.set_forkserver_preload(["kill_cases", "h5py", "isal.isal_zlib", "blosc2"])
    readers = {"h5py": in_h5py, "ours": in_ours} | ({"pymodaq": in_pymodaq} if pymodaq else {})
    checker = Checker(context, readers)
    tally: dict[str, collections.Counter[str]] = {case: collections.Counter() for case in cases}
    rng = random.Random(seed)
    losses = 0
    with tempfile.TemporaryDirectory() as name:
        path, records, used, codec = Path(), [], each, "none"
        for number in range(count):
            case = cases[number // each % len(cases)]
            if used == each or number % each == 0:
                path.unlink(missing_ok=True) if path.name else None
                path, records, used = Path(name) / f"{number}.h5", [], 0
                codec = CODECS[number // each // len(cases) % 3]
            used += 1
            alive, early = LONGEST * rng.random() ** 2, rng.random() < 0.25
            new, by_itself = killed(context, path, case, codec, seed * 100_003 + number, alive, early=early)
            records += new
            found = tally[case]
            found["kills"] += 1
            found["accepted"] += len(new)
            if not path.exists():
                found["killed before the file"] += 1
                if records:
                    losses += 1
                continue
            journal = path.with_name(f"{path.name}.journal")
            before, beside = path.read_bytes(), journal.read_bytes() if journal.exists() else b""
            wrong: list[str] = [by_itself] if by_itself else []
            for reader in ("h5py", "pymodaq")[: 2 if pymodaq else 1]:
                lost = checker.ask(reader, path, records)
                if lost:
                    found[f"{reader} misses"] += 1
                    print(f"# {number} {case} {codec}: {reader} misses {len(lost)}: {lost[:2]}", flush=True)
            said = checker.ask("ours", path, records)
            lost, done = said if isinstance(said, tuple) else (said, "failed")
            found[done] += 1
            wrong += lost
            if done in ("mended", "rebuilt", "unrepaired"):
                wrong += [f"after repair, h5py: {text}" for text in checker.ask("h5py", path, records)]
            if wrong:
                losses += 1
                found["LOST"] += 1
                (keep / f"killed-{seed}-{number}.h5").write_bytes(before)
                (keep / f"killed-{seed}-{number}.h5.journal").write_bytes(beside)
                print(f"! {number} {case} {codec} alive {alive * 1e3:.1f} ms: {len(wrong)}: {wrong[:3]}", flush=True)
    checker.close()
    columns = sorted({key for found in tally.values() for key in found} - {"kills", "accepted", "LOST"})
    columns = ["kills", "accepted", *columns, "LOST"]
    print(f"{'saver':26}" + "".join(f"{column:>12.11}" for column in columns))
    for case, found in tally.items():
        print(f"{case:26}" + "".join(f"{found[column]:>12}" for column in columns))
    total = sum(tally.values(), collections.Counter())
    print(
        f"{total['kills']} kills, {total['accepted']} arrays or rows accepted, {total['LOST']} kills with a loss; as "
        f"the kill left it h5py missed something in {total['h5py misses']} files, PyMoDAQ in {total['pymodaq misses']}"
    )
    return losses


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="cases with this in their name")
    parser.add_argument("--without-pymodaq", action="store_true")
    parser.add_argument("--each", type=int, default=KILLS_PER_FILE, help="kills per file")
    parser.add_argument("--keep", type=Path, default=Path(), help="folder for files in which something is lost")
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in case]
    pymodaq = not options.without_pymodaq
    losses = run(options.count, options.seed, cases, options.keep, pymodaq=pymodaq, each=options.each)
    sys.exit(min(losses, 255))


if __name__ == "__main__":
    main()
