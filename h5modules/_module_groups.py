"""The numbered groups that modules of a measurement save into, with their settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from h5modules._storage.enums import DataType, GroupType
from h5modules._storage.nodes import MAX_ATTRIBUTE
from h5modules.backends import GROUP, H5Backend, Node, StringARRAY
from h5modules.data.enums import DataDim, enum_checker

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ModuleGroups"]

_SETTINGS_NODE = "Settings"


class ModuleGroups(H5Backend):
    """Groups for scans, detectors, actuators and channels; the part of `H5SaverLowLevel` that knows their names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next_number: dict[tuple[str, str], int] = {}

    def add_string_array(
        self,
        where: Node | str,
        name: str,
        title: str = "",
        metadata: Mapping[str, object] | None = None,
        *,
        rows: tuple[str, ...] | list[str] = (),
    ) -> StringARRAY:
        """Create an array of rows of text of any length, such as settings that are too long for an attribute.

        Parameters
        ----------
        rows : sequence of str
            Text to begin with; more with the array's ``append``.
        """
        array = self.create_vlarray(where, name, "string", title)
        array.attrs["data_type"] = DataType.strings.name
        for key, value in (metadata or {}).items():
            array.attrs[key] = value
        for row in rows:
            self.session.need(65536 + 4 * len(row))
            array.append(row)
        self.flush()
        return array

    def get_groups(self, where: Node | str, group_type: GroupType | str) -> list[GROUP]:
        """Return the groups of `where` that have that type, in the order of their names."""
        wanted = _type_name(group_type).lower()
        children = self._group(where).children().values()
        return [
            node for node in children if isinstance(node, GROUP) and str(node.attrs.get("type", "")).lower() == wanted
        ]

    def get_last_group(self, where: Node | str, group_type: GroupType | str) -> GROUP | None:
        """Return the group of that type with the highest number; None if there is none."""
        parent = self._group(where)
        wanted = _type_name(group_type).lower()
        for name in sorted(parent.children_name(), key=_by_number, reverse=True):
            if name.lower().startswith(wanted):
                node = parent.get_child(name)
                if isinstance(node, GROUP) and str(node.attrs.get("type", "")).lower() == wanted:
                    return node
        groups = self.get_groups(parent, group_type)
        return groups[-1] if groups else None

    def get_node_from_attribute_match(self, where: Node | str, attr_name: str, attr_value: object) -> Node | None:
        """Return the first node at or below `where` whose attribute has that value."""
        for node in self.walk_nodes(where):
            if attr_name in node.attrs and node.attrs.get(attr_name) == attr_value:
                return node
        return None

    def get_node_from_title(self, where: Node | str, title: str) -> Node | None:
        """Return the first node at or below `where` that has that title."""
        return self.get_node_from_attribute_match(where, "TITLE", title)

    def get_settings(self, where: Node | str) -> str:
        """Return the settings text that a group was made with, '' if there is none."""
        group = self._group(where)
        if _SETTINGS_NODE in group:
            node = group.get_child(_SETTINGS_NODE)
            if isinstance(node, StringARRAY):
                return "".join(node.read())
        return str(group.attrs.get("settings", ""))

    def add_incremental_group(
        self,
        group_type: GroupType | str,
        where: Node | str,
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> GROUP:
        """Create the next group of a type: Scan000, Scan001, ...; CH00, CH01, ... for channels.

        Parameters
        ----------
        settings_as_xml : str
            Settings of the module that the group is for, of any length; `get_settings` returns them.
        metadata : mapping
            Attributes of the group.
        """
        kind = _type_name(group_type)
        parent = self._group(where)
        prefix, width = ("CH", 2) if kind == GroupType.ch.name else (kind[:1].upper() + kind[1:], 3)
        number = self._next_number.get((parent.path, prefix))
        if number is None or f"{prefix}{number:0{width}d}" in parent:
            taken = (_by_number(name) for name in parent.children_name() if re.fullmatch(rf"{prefix}\d+", name))
            number = max((found for _, found in taken), default=-1) + 1
        group = self.get_set_group(parent, f"{prefix}{number:0{width}d}", title)
        self._next_number[parent.path, prefix] = number + 1
        group.attrs["type"] = kind
        self._set_settings(group, settings_as_xml)
        if kind == GroupType.scan.name:
            group.attrs["description"] = ""
        for key, value in (metadata or {}).items():
            group.attrs[key] = value
        self.flush()
        return group

    def _set_settings(self, group: GROUP, settings: str) -> None:
        if len(settings) < MAX_ATTRIBUTE // 8:  # the spelling of an attribute can take several characters for one
            group.attrs["settings"] = settings
        else:
            group.attrs["settings"] = ""
            self.add_string_array(group, _SETTINGS_NODE, title="settings", rows=[settings])

    def add_generic_group(
        self,
        where: Node | str = "/RawData",
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
        group_type: GroupType | str = GroupType.scan,
    ) -> GROUP:
        """Create the next group of any type; see `add_incremental_group`."""
        return self.add_incremental_group(group_type, where, title, settings_as_xml, metadata)

    def add_scan_group(
        self,
        where: Node | str = "/RawData",
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> GROUP:
        """Create the next group for a scan; see `add_incremental_group`."""
        return self.add_incremental_group(GroupType.scan, where, title, settings_as_xml, metadata)

    def add_det_group(
        self,
        where: Node | str,
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> GROUP:
        """Create the next group for a detector; see `add_incremental_group`."""
        return self.add_incremental_group(GroupType.detector, where, title, settings_as_xml, metadata)

    def add_act_group(
        self,
        where: Node | str,
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> GROUP:
        """Create the next group for an actuator; see `add_incremental_group`."""
        return self.add_incremental_group(GroupType.actuator, where, title, settings_as_xml, metadata)

    add_move_group = add_act_group

    def add_ch_group(
        self,
        where: Node | str,
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> GROUP:
        """Create the next group for a channel; see `add_incremental_group`."""
        return self.add_incremental_group(GroupType.ch, where, title, settings_as_xml, metadata)

    def add_data_group(
        self,
        where: Node | str,
        data_dim: DataDim | str,
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
        group_name: str | None = None,
    ) -> GROUP:
        """Return the group for data of a dimensionality (Data0D, Data1D, ...), created when it is not there.

        Parameters
        ----------
        group_name : str, optional
            Another name than that of the dimensionality.
        """
        name = group_name or enum_checker(DataDim, data_dim).name
        if name in self._group(where):
            return self.get_set_group(where, name)
        attributes = {"settings": settings_as_xml, **(metadata or {})} if settings_as_xml or metadata else {}
        return self.add_group(name, GroupType.data, where, title, attributes)


def _type_name(group_type: GroupType | str) -> str:
    return enum_checker(GroupType, group_type).name


def _by_number(name: str) -> tuple[str, int]:
    """Sort names by what is before their number, then by the number."""
    match = re.fullmatch(r"(.*?)(\d*)", name, re.DOTALL)
    stem, digits = match.groups() if match else (name, "")
    return stem, int(digits) if digits and len(digits) < 19 else -1
