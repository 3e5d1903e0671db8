"""The window by itself: notices, themes, layout, closing, panels of strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton

from pymodaq_hsi.dashboard.leaving import QuitQuestion

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station import Station


def test_an_empty_window_says_which_station_it_shows(bare_window: DashboardWindow) -> None:
    assert bare_window.windowTitle() == "pymodaq_hsi: bare"
    assert bare_window.statusBar().findChild(QLabel, "StationState").text() == "station bare: 0 devices"


def test_a_notice_waits_until_it_is_read_and_can_be_copied(bare_window: DashboardWindow, qtbot: QtBot) -> None:
    bare_window.notices.fail("the lamp is hot: let it cool for ten minutes")
    bare_window.notices.fail("the disk is full: delete something")
    assert bare_window.notice_bar.isVisible()
    copy = next(b for b in bare_window.notice_bar.findChildren(QPushButton) if b.text() == "Copy")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "the disk is full: delete something"
    qtbot.keyClick(bare_window, Qt.Key.Key_Escape)
    assert bare_window.notice_bar.current.text.startswith("the lamp is hot")
    qtbot.keyClick(bare_window, Qt.Key.Key_Escape)
    assert not bare_window.notice_bar.isVisible()


def test_closing_with_devices_asks_once_and_leaves_them_connected(
    station: Station, window: DashboardWindow, qtbot: QtBot
) -> None:
    window.close()
    assert window.isVisible()
    question = window.findChild(QuitQuestion, "QuitQuestion")
    leave = next(b for b in question.buttons() if b.text() == "Leave running")
    qtbot.mouseClick(leave, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert {device["name"] for device in station.devices()} == {"camera", "stage", "light"}


def test_layout_and_theme_are_found_again(
    bare_station: Station, open_window: Callable[[str], DashboardWindow], qtbot: QtBot
) -> None:
    first = open_window("bare")
    first.theme.use("light")
    first.desk.docks["log"].hide()
    first.resize(1111, 777)
    first.close()
    second = open_window("bare")
    assert second.theme.name == "light"
    assert second.desk.docks["log"].isHidden()
    assert (second.width(), second.height()) == (1111, 777)
