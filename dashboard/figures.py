"""Charts. One template for all: no frame, faint lines across, the page's own type and colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dashboard.colours import PALETTES, Palette
from dashboard.numerals import number, percent, share
from dashboard.text import Say
from dashboard.view_fields import Scheme, Step

Figure = dict[str, Any]

FONT = 'Inter, "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
CONFIG: Any = {"displayModeBar": False, "responsive": True, "doubleClick": False}


def nothing() -> Figure:
    """Return a chart with nothing in it."""
    return {"data": [], "layout": {**base(PALETTES["light"]), "xaxis": HIDDEN, "yaxis": HIDDEN}}


HIDDEN = {"visible": False, "fixedrange": True}


def base(palette: Palette) -> Figure:
    """Return the layout that every chart starts from."""
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": palette.secondary},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "showlegend": False,
        "hoverlabel": {
            "bgcolor": palette.surface,
            "bordercolor": palette.hairline,
            "font": {"family": FONT, "size": 12, "color": palette.text},
            "align": "left",
        },
        "transition": {"duration": 0},
        "dragmode": False,
    }


def pyramid(
    men: Sequence[int], women: Sequence[int], ages: Sequence[str], scheme: Scheme, say: Say
) -> Figure:
    """Draw ages against sex: men to the left, women to the right, youngest at the bottom."""
    palette = PALETTES[scheme]
    whole = sum(men) + sum(women)
    most = max([*men, *women, 1])

    def bars(counts: Sequence[int], sign: int, colour: str, name: str) -> Figure:
        return {
            "type": "bar",
            "orientation": "h",
            "x": [sign * n for n in counts],
            "y": list(range(len(counts))),
            "marker": {"color": colour, "line": {"width": 0}},
            "customdata": [
                [name, age, number(n), percent(share(n, whole))]
                for age, n in zip(ages, counts, strict=True)
            ],
            "hovertemplate": "%{customdata[0]} %{customdata[1]}<br>"
            "<b>%{customdata[2]}</b> · %{customdata[3]}<extra></extra>",
        }

    ticks = list(range(0, len(ages), 4))
    return {
        "data": [
            bars(men, -1, palette.ramp[4], say("profile.men")),
            bars(women, 1, palette.people, say("profile.women")),
        ],
        "layout": {
            **base(palette),
            "barmode": "overlay",
            "bargap": 0.18,
            "margin": {"l": 28, "r": 4, "t": 22, "b": 8},
            "xaxis": {**HIDDEN, "range": [-most * 1.04, most * 1.04]},
            "yaxis": {
                "tickvals": ticks,
                "ticktext": [str(5 * tick) for tick in ticks],
                "fixedrange": True,
                "showgrid": False,
                "zeroline": False,
                "tickfont": {"size": 12},
            },
            "annotations": [
                _over(say("profile.men"), sum(men), "left", palette.ramp[4]),
                _over(say("profile.women"), sum(women), "right", palette.people),
            ],
        },
    }


def _over(name: str, count: int, side: str, colour: str) -> Figure:
    return {
        "text": f'<span style="color:{colour}">■</span> {name} {number(count)}',
        "xref": "paper",
        "yref": "paper",
        "x": 0 if side == "left" else 1,
        "xanchor": side,
        "y": 1,
        "yanchor": "bottom",
        "showarrow": False,
    }


def trend(
    counts: Mapping[date, int],
    step: Step,
    period: tuple[date, date] | None,
    scheme: Scheme,
    say: Say,
) -> Figure:
    """Draw incidents over time; what lies outside the period picked is paler."""
    days = list(counts)
    palette = PALETTES[scheme]
    inside = [period is None or period[0] <= day <= period[1] for day in days]
    span = (days[-1] - days[0]).days if len(days) > 1 else 0
    most = max([*counts.values(), 1])
    return {
        "data": [
            {
                "type": "bar",
                "x": [day.isoformat() for day in days],
                "y": list(counts.values()),
                "marker": {
                    "color": palette.incidents,
                    "opacity": [0.9 if within else 0.28 for within in inside],
                    "line": {"width": 0},
                },
                "selected": {"marker": {"opacity": 0.9}},
                "unselected": {"marker": {"opacity": 0.28}},
                "customdata": [number(n) for n in counts.values()],
                "hovertemplate": "%{x|%Y-%m-%d}<br><b>%{customdata}</b><extra></extra>",
                "xperiod": {"day": 86_400_000, "week": 604_800_000, "month": "M1"}[step],
                "xperiodalignment": "start" if step == "day" else "middle",
            }
        ],
        "layout": {
            **base(palette),
            "bargap": 0.12,
            "dragmode": "select",
            "selectdirection": "h",
            "newselection": {"line": {"color": palette.accent, "width": 1, "dash": "solid"}},
            "activeselection": {"fillcolor": palette.accent, "opacity": 0.12},
            "margin": {"l": 44, "r": 8, "t": 6, "b": 18},
            "xaxis": {
                "type": "date",
                "tickformat": say("trend.tick_days" if span < 100 else "trend.tick_months"),
                # Upright, and as many as there is room for.
                "tickangle": 0,
                "fixedrange": True,
                "showgrid": False,
                "ticklabelstandoff": 2,
                "zeroline": False,
            },
            "yaxis": {
                "tickvals": round_ticks(most),
                "tickformat": ",d",
                "fixedrange": True,
                "gridcolor": palette.hairline,
                "zeroline": False,
                "range": [0, most * 1.05],
                "ticklabelstandoff": 4,
            },
            # A new period leaves no old rubber band on the chart.
            "selectionrevision": str(period),
        },
    }


def round_ticks(most: int) -> list[int]:
    """Return zero and one or two round numbers up to ``most``."""
    step = 1
    while step * 2 < most:
        # 1, 2, 5, 10, 20, 50 …
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return [tick for tick in (0, step, 2 * step) if tick <= most]
