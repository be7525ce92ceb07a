"""The charts of patterns: hours by weekdays as a heat table, and a place week by week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dashboard import figures, numerals
from dashboard.colours import PALETTES
from dashboard.scene import Scene


def hours(scene: Scene, found: Mapping[str, Any]) -> figures.Figure:
    """Draw how many incidents such an hour has on average, of each day of the week."""
    palette, say = PALETTES[scene.view.scheme], scene.say
    counts, mean = np.asarray(found["counts"]), np.asarray(found["mean"], float)
    days = [say(f"finding.day_{n}") for n in range(7)]
    told = [
        [[numerals.number(int(counts[day, hour])), numerals.number(float(mean[day, hour]))]
         for day in range(7)]
        for hour in range(24)
    ]  # fmt: skip
    steps = len(palette.ramp) - 1
    return {
        "data": [
            {
                "type": "heatmap",
                "x": days,
                "y": list(range(24)),
                # Of a day that does not occur there is nothing to say.
                "z": [[None if np.isnan(n) else float(n) for n in row] for row in mean.T],
                "customdata": told,
                "colorscale": [[n / steps, colour] for n, colour in enumerate(palette.ramp)],
                "showscale": False,
                "xgap": 2,
                "ygap": 1,
                "hoverongaps": False,
                "hovertemplate": "%{x} %{y}:00<br><b>%{customdata[0]}</b> · "
                + say("finding.mean", n="%{customdata[1]}")
                + "<extra></extra>",
            }
        ],
        "layout": {
            **figures.base(palette),
            "margin": {"l": 44, "r": 0, "t": 24, "b": 0},
            "xaxis": {"side": "top", "fixedrange": True, "showgrid": False, "type": "category",
                "ticks": ""},
            "yaxis": {
                "autorange": "reversed", "fixedrange": True, "showgrid": False, "ticks": "",
                "tickvals": list(range(0, 24, 3)),
                "ticktext": [f"{n:02d}:00" for n in range(0, 24, 3)],
            },
        },
    }  # fmt: skip


def control(scene: Scene, found: Mapping[str, Any], place: Mapping[str, Any]) -> figures.Figure:
    """Draw a place week by week: what is usual as a band, signals as marks of their own shape."""
    palette, say = PALETTES[scene.view.scheme], scene.say
    weeks = [str(day) for day in found["firsts"]]
    counts = [int(n) for n in place["counts"]]
    signals = [(at, name) for at, name in enumerate(place["signals"]) if name]
    ends = [weeks[0], weeks[-1]]

    def level(value: float, **line: object) -> dict[str, Any]:
        return {
            "type": "scatter", "mode": "lines", "x": ends, "y": [value, value],
            "hoverinfo": "skip", "line": {"width": 1, "color": palette.secondary, **line},
        }  # fmt: skip

    return {
        "data": [
            level(place["low"], width=0),
            level(place["high"], width=0)
            | {"fill": "tonexty", "fillcolor": f"{palette.missing}33"},
            level(place["mean"], dash="dot"),
            {
                "type": "scatter", "mode": "lines", "x": weeks, "y": counts,
                "line": {"color": palette.incidents, "width": 1.5},
                "hovertemplate": "%{x}<br><b>%{y}</b><extra></extra>",
            },
            {
                "type": "scatter", "mode": "markers",
                "x": [weeks[at] for at, _ in signals], "y": [counts[at] for at, _ in signals],
                "text": [say(f"finding.signal_{name}") for _, name in signals],
                "marker": {"color": palette.overdue, "size": 8, "symbol": "diamond"},
                "hovertemplate": "%{x}<br><b>%{y}</b> · %{text}<extra></extra>",
            },
        ],
        "layout": {
            **figures.base(palette),
            "margin": {"l": 28, "r": 8, "t": 4, "b": 18},
            "xaxis": {
                "type": "date", "fixedrange": True, "showgrid": False, "zeroline": False,
                "nticks": 4, "tickformat": say("trend.tick_months"),
            },
            "yaxis": {
                "fixedrange": True, "gridcolor": palette.hairline, "zeroline": False,
                "rangemode": "tozero", "nticks": 4,
            },
        },
    }  # fmt: skip
