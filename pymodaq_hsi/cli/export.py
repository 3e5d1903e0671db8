"""``pymodaq-hsi export``: data of files to other formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from h5modules.exporting import find_format, format_for, formats
from pymodaq_hsi.cli.clusters import on_a_cluster
from pymodaq_hsi.cli.output import Report, Told, parse_assignments
from pymodaq_hsi.cli.patterns import expanded
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.io import export as export_data
from pymodaq_hsi.io import export_far

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from h5modules.exporting import Exported, Format

__all__ = ["export"]

_DEFAULT = "envi"
_FAILED = 1


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--to", metavar="FORMAT", help=f"The format; by default the ending of the output says it, else {_DEFAULT}."
)
@click.option(
    "--where",
    default="/",
    show_default=True,
    metavar="NODE",
    help="What to export: an array, a channel, a detector, a scan, or the whole file.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write, or a folder for it; by default beside the source, under its name. "
    "For several files a folder.",
)
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the format (see --list).")
@click.option("--subtract-background", is_flag=True, help="Take the background off data that has one saved beside it.")
@on_a_cluster
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@click.option("--dry-run", is_flag=True, help="Only check, and tell what would be written.")
@click.option("--list", "listing", is_flag=True, help="List the formats, and what is to be installed for them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export(
    files: tuple[Path, ...],
    to: str | None,
    where: str,
    output: Path | None,
    options: tuple[str, ...],
    subtract_background: bool,
    scheduler: str | None,
    workers: int | None,
    memory: int,
    overwrite: bool,
    dry_run: bool,
    listing: bool,
    as_json: bool,
) -> None:
    """Write data of HDF5 files, and ENVI cubes, in another format.

    Data of any size is read and written block by block. With a scheduler, several files are exported side by side, and
    a single one becomes ENVI by all workers. A file that cannot be exported does not keep the others of
    a batch from it; the exit code is 1 then. Patterns (day/*.h5) that the shell left as they are stand for the files.
    """
    report = Report(as_json=as_json)
    if listing:
        _list(report)
        return
    if not files:
        raise click.UsageError("give the files to export, or --list")
    if workers is not None and scheduler is None:
        raise click.UsageError("--workers are those of a cluster; give --scheduler too")
    files = expanded(files)
    kind = _format(to, output, batch=len(files) > 1)
    values = {name: _value(text) for name, text in parse_assignments(options, "--option").items()}
    unknown = sorted(values.keys() - set(kind.options))
    if unknown:
        known = f"it has {', '.join(kind.options)}" if kind.options else "it has none"
        raise click.UsageError(f"--option {unknown[0]}: {kind.name} has no such option; {known}")
    _check(files, output, kind)
    done: list[dict[str, Any]] = []
    failed = 0
    asked: dict[str, Any] = {"overwrite": overwrite, "subtract_background": subtract_background, **values}
    if scheduler is not None and not dry_run:
        cluster = {"scheduler": scheduler, "workers": workers, "memory": memory}
        results: Iterable[Exported | Exception] = _far(files, where, output, kind, report, {**cluster, **asked})
    else:
        results = _here(files, where, output, kind, report, {"dry_run": dry_run, **asked})
    for file, exported in zip(files, results, strict=True):
        if isinstance(exported, Exception):
            error = exported
            if len(files) == 1:
                raise error
            failed += 1
            text = " ".join(str(error).split())
            click.echo(f"error: {file}: {text}", err=True)
            done.append({"source": str(file), "error": text})
            continue
        _tell(exported, report, dry_run=dry_run)
        done.append(
            {
                "source": str(file),
                "format": exported.format,
                "files": [str(path.absolute()) for path in exported.files],
                "data": list(exported.data),
                "skipped": exported.skipped,
                "notes": list(exported.notes),
                **({"dry_run": True} if dry_run else {}),
            }
        )
    report.result(done[0] if len(files) == 1 else {"exports": done, "failed": failed})
    if failed:
        report.say(f"{len(files) - failed} of {len(files)} files {'can be' if dry_run else 'were'} exported")
        raise Told(_FAILED)


def _format(to: str | None, output: Path | None, *, batch: bool) -> Format:
    if to is not None:
        return find_format(to)
    if output is None or output.is_dir() or batch or not output.suffix:
        return find_format(_DEFAULT)
    return format_for(output)


def _check(files: tuple[Path, ...], output: Path | None, kind: Format) -> None:
    for file in files:
        if not file.is_file():
            raise HsiError(f"{file} is a folder; give a file" if file.is_dir() else f"there is no file {file}")
    if len(files) > 1 and output is not None and not output.is_dir():
        raise click.UsageError(f"--output {output}: several files need a folder that is there")
    if len(files) > 1 and output is not None:
        names = [file.stem.lower() for file in files]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise click.UsageError(f"--output {output}: two of the files would both become {twice}{kind.suffixes[0]}")


def _far(
    files: tuple[Path, ...], where: str, output: Path | None, kind: Format, report: Report, options: dict[str, Any]
) -> list[Exported | Exception]:
    """Export with a cluster."""
    single = len(files) == 1
    with report.progress(f"{files[0].name} (MiB)" if single else "files", None) as bar:

        def progress(done: int, total: int) -> None:
            bar(done >> 20 if single else done, max(1, total >> 20) if single else total)

        return export_far(files, where=where, target=output, to=kind.name, progress=progress, **options)


def _here(
    files: tuple[Path, ...],
    where: str,
    output: Path | None,
    kind: Format,
    report: Report,
    options: dict[str, Any],
) -> Iterator[Exported | Exception]:
    """Export one file after the other."""
    for file in files:
        try:
            with report.progress(f"{file.name} (MiB)", None) as bar:
                exported = _export(file, where, output, kind, options, bar)
        except (RuntimeError, OSError, ValueError, TypeError) as error:
            yield error
        else:
            yield exported


def _export(
    file: Path,
    where: str,
    output: Path | None,
    kind: Format,
    options: dict[str, Any],
    bar: Callable[..., None],
) -> Exported:
    def progress(done: int, total: int) -> None:
        bar(done >> 20, max(1, total >> 20))

    return export_data(file, where, output, to=kind.name, progress=progress, **options)


def _tell(exported: Exported, report: Report, *, dry_run: bool) -> None:
    for path in exported.files:
        report.say(f"{'would write: ' if dry_run else ''}{path.absolute()}")
    for node, why in exported.skipped.items():
        report.say(f"left out: {node} ({why})")
    for note in exported.notes:
        report.say(f"note: {note}")


def _value(text: str) -> object:
    """Return what a word on the command line stands for: a truth value, a number, or text."""
    words = {"true": True, "yes": True, "false": False, "no": False}
    if text.lower() in words:
        return words[text.lower()]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _list(report: Report) -> None:
    for known in formats():
        missing = known.missing()
        needs = f"  needs: pip install {missing}" if missing else ""
        options = f"  options: {', '.join(known.options)}" if known.options else ""
        report.say(f"{known.name:<8} {'/'.join(known.suffixes):<20} {known.description}{options}{needs}")
    report.result(
        {
            known.name: {
                "suffixes": list(known.suffixes),
                "description": known.description,
                "options": list(known.options),
                "missing": known.missing(),
            }
            for known in formats()
        }
    )
