"""How a result is drawn: which picture for which scan, the band, the cursor and what is linked to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.dashboard.panels.result_lines import LinesPicture
from pymodaq_hsi.dashboard.result_file import spectral_axis
from pymodaq_hsi.dashboard.scan_points import Layout

if TYPE_CHECKING:
    import numpy.typing as npt

    from h5modules.glimpsing import GlimpsedArray
    from pymodaq_hsi.dashboard.panels.result import ResultPanel

__all__ = ["Drawing"]

_AT_ONCE = 1_000


class Drawing:
    """Draws what a `ResultPanel` knows into its plots.

    Attributes
    ----------
    band : int
        The band that is drawn, where one is.
    cursor : tuple of int or None
        The point that was chosen; None for the last that was measured.
    """

    def __init__(self, panel: ResultPanel) -> None:
        self._panel = panel
        self.band = 0
        self.cursor: tuple[int, ...] | None = None
        self._bands: dict[tuple[str, int], npt.NDArray[np.float64]] = {}
        self._shown: tuple[Any, ...] = ()
        self.lines = LinesPicture(panel.reader)
        panel.navigator.pointed.connect(self._point)
        panel.spectrum.bandChosen.connect(self._choose_band)

    def begin(self) -> None:
        """Show another scan."""
        panel = self._panel
        points = panel.points
        assert points is not None
        self.cursor = None
        self.band = 0
        self._bands.clear()
        self._shown = ()
        self.lines.clear()
        panel.navigator.clear_all()
        panel.spectrum.clear_all()
        panel.where.setText("")
        panel.signal.clear()
        panel.signal.offer({name: name for name in points.signals})
        panel.signal.setCurrentIndex(0)
        panel.what.clear()
        self._offer()
        panel.slices.follow.setChecked(panel.live)
        panel.slices.show_axes(points.axes[:-2] if points.layout is Layout.GRID else [])

    def choose(self) -> None:
        """Draw what the user has chosen."""
        self._offer()
        self.draw()
        self.show_point()

    def draw(self) -> None:
        """Draw what is known now."""
        panel, points = self._panel, self._panel.points
        if points is None:
            return
        panel.signal.offer({name: name for name in points.signals})
        if panel.signal.currentIndex() < 0:
            panel.signal.setCurrentIndex(0)
        name = panel.signal.currentData()
        if points.layout is Layout.LINES:
            self._draw_lines()
        elif name is not None:
            if points.layout is Layout.GRID:
                self._draw_grid(name)
            else:
                self._draw_columns(name)
        if self.cursor is None:
            self.show_point()

    def show_point(self) -> None:
        """Show the spectrum, or the frame, of the point under the cursor, or of the last one."""
        panel, array, place = self._panel, self._array(), self._place()
        points, file = panel.points, panel.file
        panel.spectrum.setVisible(array is not None)
        if array is None or place is None or file is None or points is None:
            return
        whole = panel.linked.currentData() == "frame" and points.layout is not Layout.LINES
        wanted = (array.path, place, whole)
        if wanted == self._shown:
            return
        panel.reader.ask(
            "point",
            lambda: file.frame(array, place),
            lambda frame: self._show_frame(array, place, frame, wanted),
            lambda _: None,  # not written at this moment: it is asked for again
        )

    # the navigator

    def _draw_grid(self, name: str) -> None:
        panel, points = self._panel, self._panel.points
        assert points is not None
        if panel.live and points.last is not None:
            panel.slices.go_to(points.last["indexes"])
        values = self._values(name)
        axes = points.axes
        outer = panel.slices.indexes()
        now = points.place(points.last) if panel.live else None
        if len(axes) == 1:
            assert axes[0].values is not None
            panel.navigator.show_curve(axes[0], axes[0].values, values, self._caption(name))
            at = None if now is None or points.last is None else (now[0], float(values[points.last["indexes"][0]]))
            panel.navigator.show_now(at)
        else:
            panel.navigator.show_map(axes[-2], axes[-1], values[outer])
            here = points.last is not None and tuple(points.last["indexes"][: len(outer)]) == outer
            panel.navigator.show_now(None if now is None or not here else self._on_map(points.last))

    def _draw_columns(self, name: str) -> None:
        panel, points = self._panel, self._panel.points
        assert points is not None
        where, values = points.columns(name)
        if len(where) == 1:
            panel.navigator.show_curve(points.axes[0], where[0], values, self._caption(name))
            panel.navigator.show_now((where[0][-1], values[-1]) if panel.live and len(values) else None)
        else:
            panel.navigator.show_scatter(points.axes, where, values)
            panel.navigator.show_now((where[-1][-1], where[-2][-1]) if panel.live and len(values) else None)

    def _draw_lines(self) -> None:
        panel, array = self._panel, self._array()
        if array is None or panel.file is None:
            return
        done = panel.done if panel.live else max(panel.done, array.shape[0])
        bands = self._true_colour(array) if panel.what.currentData() == "colour" else [self.band]
        self.lines.ask(panel.file, array, done, panel.total or 0, bands, self._show_lines)

    def _show_lines(self) -> None:
        picture = self.lines.picture
        if len(picture):
            self._panel.navigator.show_lines(picture, self.lines.step, "")

    def _values(self, name: str) -> npt.NDArray[np.float64]:
        """Return the means of a signal, or of one of its bands, on the grid."""
        panel, points = self._panel, self._panel.points
        assert points is not None
        array = panel.described.frames.get(name)
        if panel.what.currentData() != "band" or array is None:
            return points.grid(name)
        key = (name, self.band)
        if key not in self._bands:
            self._bands = {key: np.full(points.shape, np.nan)}
        self._read_band(name, array, self.band)
        return self._bands[key]

    def _read_band(self, name: str, array: GlimpsedArray, band: int) -> None:
        """Read the band at the points where it is not known, some at a time."""
        panel, points, file = self._panel, self._panel.points, self._panel.file
        assert points is not None
        key = (name, band)
        lacking = np.isfinite(points.grid(name)) & ~np.isfinite(self._bands[key])
        places = [tuple(int(index) for index in place) for place in np.argwhere(lacking)[:_AT_ONCE]]
        if not places or file is None:
            return

        def then(values: npt.NDArray[np.float64]) -> None:
            if key in self._bands:
                for place, value in zip(places, values, strict=False):
                    self._bands[key][place] = value
                if np.isfinite(values).any():
                    self.draw()

        panel.reader.ask("band", lambda: file.band_means(array, places, band), then, lambda _: None)

    # bands

    def _offer(self) -> None:
        """Offer what can be drawn of the signal."""
        panel, points = self._panel, self._panel.points
        array = self._array()
        if points is None:
            return
        lines = points.layout is Layout.LINES
        offers = {} if lines else {"mean": "mean"}
        if array is not None and spectral_axis(array) is not None and (lines or points.layout is Layout.GRID):
            offers["band"] = "one band"
            if lines:
                offers["colour"] = "true colour"
            if not self.band:
                self.band = array.shape[-1] // 2
        elif lines:
            offers["band"] = "one band"
        panel.what.offer(offers)
        panel.what.setEnabled(len(offers) > 1)
        panel.linked.setEnabled(array is not None and not lines)
        if panel.what.currentIndex() < 0:
            panel.what.setCurrentIndex(0)

    def _choose_band(self, band: int) -> None:
        self.band = band
        if self._panel.what.findData("band") >= 0:
            self._panel.what.show_value("band")
        self._shown = ()
        self.choose()

    def _true_colour(self, array: GlimpsedArray) -> list[int]:
        """Return the bands that are nearest to red, green and blue; of others, evenly spread ones."""
        axis = spectral_axis(array)
        size = array.shape[-1]
        if axis is None or axis.units != "nm" or axis.values.min() > 480 or axis.values.max() < 620:
            return [size * 3 // 4, size // 2, size // 4]
        return [int(np.argmin(np.abs(axis.values - wavelength))) for wavelength in (640.0, 550.0, 460.0)]

    # the point

    def _array(self) -> GlimpsedArray | None:
        """Return the frames that are linked: of the signal, else of the first detector that has any."""
        frames = self._panel.described.frames
        return frames.get(self._panel.signal.currentData() or "", next(iter(frames.values()), None))

    def _place(self) -> tuple[int, ...] | None:
        points = self._panel.points
        if points is None:
            return None
        if points.layout is Layout.LINES:
            last = (self._panel.done if self._panel.live else 10**12) - 1
            array = self._array()
            if array is None or (self._panel.live and last < 0):
                return None
            last = min(last, array.shape[0] - 1) if not self._panel.live else last
            return self.cursor or (last, array.shape[1] // 2)
        if self.cursor is not None:
            return self.cursor if points.knows(self.cursor) else None
        if points.last is not None:
            return tuple(points.last["indexes"])
        known = self._panel.described.measured
        places = np.argwhere(known)
        return None if not len(places) else tuple(int(index) for index in places[-1])

    def _point(self, x: float, y: float) -> None:
        """Take the place under the cursor."""
        panel, points = self._panel, self._panel.points
        if points is None:
            return
        place: tuple[int, ...] | None = None
        if points.layout is Layout.GRID:
            axes = points.axes
            if len(axes) == 1:
                place = (axes[0].nearest(x, drawn=False),)
                panel.navigator.show_cursor(axes[0].values[place[0]] if axes[0].values is not None else x, None)
            else:
                down, right = axes[-2].nearest(y, drawn=True), axes[-1].nearest(x, drawn=True)
                place = (*panel.slices.indexes(), down, right)
                panel.navigator.show_cursor(axes[-1].drawn(right), axes[-2].drawn(down))
        elif points.layout is Layout.LINES:
            array = self._array()
            if array is None:
                return
            done = panel.done if panel.live else array.shape[0]
            place = (int(np.clip(y, 0, max(0, done - 1))), int(np.clip(x, 0, array.shape[1] - 1)))
            panel.navigator.show_cursor(place[1] + 0.5, place[0] + 0.5)
        else:
            place = self._nearest(x, y)
        if place is not None:
            self.cursor = place
            self.show_point()

    def _nearest(self, x: float, y: float) -> tuple[int, ...] | None:
        panel, points = self._panel, self._panel.points
        assert points is not None
        where, values = points.columns(panel.signal.currentData() or "")
        if not len(values):
            return None
        numbers = points.numbers()
        if len(where) == 1:
            k = int(np.argmin(np.abs(where[0] - x)))
            panel.navigator.show_cursor(float(where[0][k]), None)
        else:
            spans = [np.ptp(each) or 1.0 for each in (where[-1], where[-2])]
            k = int(np.argmin(((where[-1] - x) / spans[0]) ** 2 + ((where[-2] - y) / spans[1]) ** 2))
            panel.navigator.show_cursor(float(where[-1][k]), float(where[-2][k]))
        return (int(numbers[k]),)

    def _show_frame(
        self, array: GlimpsedArray, place: tuple[int, ...], frame: npt.NDArray[Any], wanted: tuple[Any, ...]
    ) -> None:
        panel, points = self._panel, self._panel.points
        if points is None or array.path not in [each.path for each in panel.described.frames.values()]:
            return
        self._shown = wanted
        axis = spectral_axis(array)
        axes = {each.index - array.nav: each for each in array.axes}
        panel.where.setText(self._words(place))
        if wanted[2] and frame.ndim == 2:
            names = [axes[k].label if k in axes else "" for k in (0, 1)]
            panel.spectrum.show_picture(frame, names[1], names[0])
            return
        last = axes.get(len(array.shape) - array.nav - 1)
        over = tuple(range(frame.ndim - 1))
        values = _mean(frame, over) if over else frame
        shown = axis or last
        x = (
            shown.values
            if shown is not None and len(shown.values) == len(values)
            else np.arange(len(values), dtype=float)
        )
        caption = "" if shown is None else f"{shown.label} ({shown.units})" if shown.units else shown.label
        panel.spectrum.show_spectrum(x, values, caption, array.units or array.name)
        chosen = self.band if panel.what.currentData() == "band" else None
        panel.spectrum.show_band(chosen, x, "" if shown is None else shown.units)

    def _words(self, place: tuple[int, ...]) -> str:
        points = self._panel.points
        assert points is not None
        if points.layout is Layout.LINES:
            return f"line {place[0]}, pixel {place[1]}"
        if points.layout is Layout.GRID:
            parts = [
                f"{axis.label} = {axis.values[index]:.6g} {axis.unit}".strip()
                for axis, index in zip(points.axes, place, strict=True)
                if axis.values is not None
            ]
            return ", ".join(parts)
        return f"point {place[0]}"

    def _on_map(self, point: Any) -> tuple[float, float] | None:
        points = self._panel.points
        if points is None or point is None:
            return None
        down, right = point["indexes"][-2:]
        return points.axes[-1].drawn(right), points.axes[-2].drawn(down)

    def _caption(self, name: str) -> str:
        array = self._panel.described.frames.get(name) or self._panel.described.readings.get(name)
        unit = "" if array is None else array.units
        if "." in name and not unit:
            unit = _unit(self._panel, name)
        kind = "mean of " if array is not None and name in self._panel.described.frames else ""
        return f"{kind}{name} ({unit})" if unit else f"{kind}{name}"


def _mean(frame: npt.NDArray[Any], over: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return the mean of the finite samples; NaN where there are none."""
    good = np.isfinite(frame)
    count = good.sum(axis=over)
    total = np.where(good, frame, 0).sum(axis=over, dtype=np.float64)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0), np.float64)


def _unit(panel: ResultPanel, name: str) -> str:
    spec = panel.mirror.spec(*name.split(".", 1))
    return "" if spec is None else str(spec["unit"])
