"""Savers and loader beside PyMoDAQ's, bare PyTables and raw files, each in a process of its own, in one run.

    python benchmarks/savers.py                 all but the long ones; medians of 3 repeats
    python benchmarks/savers.py frames zlib     some of: frames scan zlib load first flat scans open
    python benchmarks/savers.py --repeats 5
    python benchmarks/savers.py --long          also a million appends, 10,000 scans, a file of 10 GB

Everything is flushed as the promise needs it: after each append (ours returns only then; PyMoDAQ and bare PyTables are
flushed by hand). Files go to the current folder (``--folder``), and are removed. Compare the ratios: the figures
themselves change with the machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from loading_cases import CASES as LOADING
from savers_cases import CASES as SAVING

CASES = SAVING | LOADING
PEERS = {
    "frames": ["ours Timed", "ours Enlargeable", "ours blocks of 10", "ours asynchronous", "PyMoDAQ Timed (tables)",
               "PyMoDAQ Timed (h5py)", "PyMoDAQ Enlargeable (tables)", "bare EArray, flush each", "raw file"],
    "scan": ["ours Extended", "PyMoDAQ Extended (tables)", "PyMoDAQ Extended (h5py)", "bare CArray, flush each"],
    "zlib": ["ours zlib", "ours zlib asynchronous", "ours blosc2", "ours blosc2 asynchronous", "PyMoDAQ zlib (tables)",
             "PyMoDAQ zlib (h5py)"],
    "load": ["ours load_data", "ours load_data (zlib)", "PyMoDAQ load_data (tables)", "PyMoDAQ load_data (h5py)",
             "np.fromfile"],
    "first": ["ours first point of 600x600x1024", "PyMoDAQ first point of 100x100x1024 (tables)"],
    "flat": ["ours appends, flat"],
    "scans": ["ours many scans"],
    "open": ["ours open and look", "ours one frame of many, lazily"],
}  # fmt: skip
TARGETS = [
    ("frames", "ours Timed", "PyMoDAQ Timed (tables)", 15.0),
    ("frames", "ours Timed", "PyMoDAQ Timed (h5py)", 15.0),
    ("frames", "ours Enlargeable", "PyMoDAQ Enlargeable (tables)", 15.0),
    ("frames", "ours Timed", "bare EArray, flush each", 0.8),
    ("frames", "ours Enlargeable", "bare EArray, flush each", 0.8),
    ("scan", "ours Extended", "PyMoDAQ Extended (tables)", 15.0),
    ("scan", "ours Extended", "PyMoDAQ Extended (h5py)", 15.0),
    ("scan", "ours Extended", "bare CArray, flush each", 0.5),
    ("zlib", "ours zlib", "PyMoDAQ zlib (tables)", 20.0),
    ("zlib", "ours zlib", "PyMoDAQ zlib (h5py)", 20.0),
    ("load", "ours load_data", "np.fromfile", 0.7),
]


def measure(case: str, folder: Path, *, long: bool) -> dict[str, float]:
    """Run a case in a process of its own; what it prints is its result."""
    words = [sys.executable, "-W", "ignore", __file__, "--one", case, "--folder", str(folder)]
    ended = subprocess.run([*words, *(["--long"] if long else [])], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{case} failed:\n{ended.stderr}")
    result: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Measure what was asked for, and print it beside what it is compared with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(CASES[chosen.one](chosen.folder, chosen.long)))
        return
    parts = chosen.parts or list(PEERS)
    if unknown := [part for part in parts if part not in PEERS]:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PEERS)}")
    folder = Path(tempfile.mkdtemp(dir=chosen.folder))
    medians: dict[tuple[str, str], dict[str, float]] = {}
    try:
        for part in parts:
            runs: dict[str, list[dict[str, float]]] = {case: [] for case in PEERS[part]}
            for _ in range(chosen.repeats if part in ("frames", "scan", "zlib", "load") else 1):
                for case, results in runs.items():  # by turns, so that a busy moment of the machine hits all
                    results.append(measure(case, folder, long=chosen.long))
            print(f"\n{part}")
            for case, results in runs.items():
                keys = results[0].keys()
                medians[part, case] = {key: statistics.median(result[key] for result in results) for key in keys}
                print(
                    f"  {case:46}" + "  ".join(f"{value:>10,.5g} {key}" for key, value in medians[part, case].items())
                )
            for of, case, peer, target in TARGETS:
                if of == part:
                    ratio = medians[part, case]["per s"] / medians[part, peer]["per s"]
                    print(f"  {case} / {peer}: {ratio:.2f} (wanted: {target:g})")
            sys.stdout.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
