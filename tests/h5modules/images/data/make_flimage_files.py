"""Write the files beside this script with the original: ``pip install flimage``, 0.3.3 was used."""

from __future__ import annotations

import json
from pathlib import Path

import flimage
import numpy as np

HERE = Path(__file__).parent
META = {"identifier": "cell", "time": 1.5, "pixel size": 1e-7, "device": "µscope", "date": "2019-03-04"}


def main() -> None:
    """Write an image with a measured and a fitted background, a series, and what the original makes of it."""
    data = np.arange(48.0).reshape(6, 8) / 4
    with flimage.FLImage(data=data, meta_data=META, h5file=str(HERE / "flimage_image.h5"), h5mode="w") as image:
        image.set_bg_data(np.full((6, 8), 0.5))
        image._fl.set_bg(np.full((6, 8), 0.25), key="fit")
    rows, columns = np.mgrid[:24, :30]
    spot = np.exp(-((rows - 12) ** 2 + (columns - 15) ** 2) / 8.0)
    times = [0.0, 1.0, 2.5, 4.0, 7.0, 11.0]
    with flimage.FLSeries(h5file=str(HERE / "flimage_series.h5"), h5mode="w", identifier="bleaching") as series:
        for number, time in enumerate(times):
            frame = np.round(500 * spot * (np.exp(-0.3 * time) + 0.4)) + 10
            series.add_flimage(flimage.FLImage(frame, meta_data={"time": time}), identifier=f"frame {number}")
        series[0].set_bg_data(np.ones((24, 30)))
        background, trace, decay, _ = series.bleach_correction(border_px=4)
    found = {"background": background, "trace": trace.tolist(), "decay": decay.tolist(), "times": times}
    (HERE / "flimage_bleaching.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
