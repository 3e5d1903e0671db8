"""The registry of exporters that PyMoDAQ's scripts know: classes by the ending and the description of their files.

Those of `h5modules.exporting` are in it. A class of one's own, registered here, is found by
`H5BrowserUtil.export_data`:

>>> from h5modules.exporter import ExporterFactory, H5Exporter
>>> @ExporterFactory.register_exporter()
... class Sizes(H5Exporter):
...     FORMAT_EXTENSION = "size"
...     FORMAT_DESCRIPTION = "Number of values"
...
...     def export_data(self, node, filename):
...         with open(filename, "w") as file:
...             characters = file.write(str(node.read().size))
>>> "Number of values (*.size)" in ExporterFactory.get_file_filters()
True
>>> del ExporterFactory.exporters_registry["size"]
"""

from __future__ import annotations

import functools
from abc import ABCMeta, abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar

from h5modules.errors import UnknownFormat
from h5modules.exporting import export, formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from h5modules.backends import Node
    from h5modules.exporting import Format
    from h5modules.saving import H5SaverLowLevel

__all__ = ["ExporterFactory", "H5Exporter"]

E = TypeVar("E", bound="type[H5Exporter]")


class H5Exporter(metaclass=ABCMeta):
    """Base class of exporters.

    Attributes
    ----------
    FORMAT_EXTENSION : str
        Ending of the files, without the dot.
    FORMAT_DESCRIPTION : str
        What a file dialog shows.
    overwrite : bool
        Whether a file that is there may be replaced.
    source : H5SaverLowLevel or None
        The open file that the node is in, where it is known.
    """

    FORMAT_EXTENSION: ClassVar[str] = ""
    FORMAT_DESCRIPTION: ClassVar[str] = ""
    overwrite: bool = False
    source: H5SaverLowLevel | None = None

    @abstractmethod
    def export_data(self, node: Node, filename: str) -> None:
        """Write what is at and below a node to a file."""


class _FormatExporter(H5Exporter):
    """One of the formats of `h5modules.exporting`."""

    format_name: ClassVar[str] = ""

    def export_data(self, node: Node, filename: str) -> None:
        source = str(node.h5file.filename) if self.source is None else self.source
        export(source, node.path, filename, to=self.format_name, overwrite=self.overwrite)


def _exporter_class(known: Format, suffix: str) -> type[H5Exporter]:
    fields = {
        "FORMAT_EXTENSION": suffix.lstrip("."),
        "FORMAT_DESCRIPTION": known.description,
        "format_name": known.name,
    }
    return type(f"H5{known.name}Exporter", (_FormatExporter,), fields)


class ExporterFactory:
    """Registers exporters and makes them."""

    exporters_registry: ClassVar[dict[str, dict[str, type[H5Exporter]]]] = {}
    file_filters: ClassVar[dict[str, str]] = {}

    @classmethod
    def register_exporter(cls) -> Callable[[E], E]:
        """Return a decorator that registers a class.

        Raises
        ------
        TypeError
            By the decorator: the class is no H5Exporter, or has no FORMAT_EXTENSION or FORMAT_DESCRIPTION.
        """
        return functools.partial(_register, cls)

    @classmethod
    def create_exporter(cls, extension: str, filter: str | None = None) -> H5Exporter:
        """Return an exporter.

        Parameters
        ----------
        extension : str
            Without the dot.
        filter : str, optional
            The description; by default the first that is registered for that extension.

        Raises
        ------
        UnknownFormat
        """
        if extension not in cls.exporters_registry:
            raise UnknownFormat(
                f"files with the ending {extension!r} cannot be written; take one of "
                f"{', '.join(sorted(cls.exporters_registry))}"
            )
        kinds = cls.exporters_registry[extension]
        if filter is not None and filter not in kinds:
            raise UnknownFormat(f"{filter!r} is not known for .{extension} files; take one of {', '.join(kinds)}")
        return (next(iter(kinds.values())) if filter is None else kinds[filter])()

    @classmethod
    def get_file_filters(cls) -> str:
        """Return all formats as file dialogs want them: "Text files (*.txt);;..."."""
        registry = cls.exporters_registry
        return ";;".join(f"{text} (*.{extension})" for extension, kinds in registry.items() for text in kinds)

    @staticmethod
    def get_format_from_filter(filter: str) -> str:
        """Return the description in a file dialog's filter."""
        return filter.split(" (*")[0]


def _register(factory: type[ExporterFactory], kind: E) -> E:
    if not (isinstance(kind, type) and issubclass(kind, H5Exporter)):
        raise TypeError(f"{kind!r} is no subclass of H5Exporter, and cannot be registered")
    if not kind.FORMAT_EXTENSION or not kind.FORMAT_DESCRIPTION:
        raise TypeError(
            f"{kind.__name__} has FORMAT_EXTENSION {kind.FORMAT_EXTENSION!r} and FORMAT_DESCRIPTION "
            f"{kind.FORMAT_DESCRIPTION!r}; give it both"
        )
    kinds = factory.exporters_registry.setdefault(kind.FORMAT_EXTENSION.lstrip("."), {})
    kinds[kind.FORMAT_DESCRIPTION] = kind
    return kind


for _known in formats():
    for _suffix in _known.suffixes:
        _register(ExporterFactory, _exporter_class(_known, _suffix))
