"""What the place is made of: ages, house use, classes of incidents, kinds of facilities."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import Output, dcc, html
from dash.development.base_component import Component

from dashboard import figures, numerals, states
from dashboard.callbacks import Screen
from dashboard.colours import PALETTES
from dashboard.ids import Id
from dashboard.panels.measure_bar import WIDGET
from dashboard.scene import Scene
from layers import statistics

SLOT = Id.PROFILE
MOST_BARS = 8
# What each profile divides, and what its numbers are also seen against.
DIMENSIONS = {
    "use": ("buildings.use", ""),
    "class": ("incidents.big", ""),
    "kind": ("facilities.kind", "people"),
}
UNKNOWN = "unknown"
KINDS = ("age", *DIMENSIONS)


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(
        [
            dmc.Select(id=Id.PROFILE_KIND, className="cg-level", **WIDGET),
            html.Div(
                dcc.Graph(
                    id=Id.PROFILE_CHART,
                    figure=figures.nothing(),
                    config=figures.CONFIG,
                    className="cg-chart",
                ),
                id=Id.PROFILE_AGES,
                className="cg-profile-chart",
            ),
            html.Div(id=Id.PROFILE_BARS),
        ],
        id=Id.PROFILE,
        className="cg-part cg-profile",
    )


def register(screen: Screen) -> None:
    """Follow the place and the kind of profile chosen."""

    @screen.shows(
        Output(Id.PROFILE_KIND, "data"),
        Output(Id.PROFILE_KIND, "value"),
        Output(Id.PROFILE_KIND, "aria-label"),
        reads=("profile", "language"),
    )
    def kinds(scene: Scene) -> tuple[list[dict[str, str]], str, str]:
        # The first one with data has no name: it is what the view means when it names none.
        usual = first_known(scene)
        data = [
            {"value": "" if kind == usual else kind, "label": scene.say(f"profile.{kind}")}
            for kind in KINDS
        ]
        chosen = scene.view.profile
        return data, "" if chosen == usual else chosen, scene.say("profile.label")

    # The card of a building has its own ages.
    screen.mirrors(
        Output(Id.PROFILE, "hidden"), "(view) => view.building !== null", reads=("building",)
    )

    @screen.shows(
        Output(Id.PROFILE_BARS, "children"),
        Output(Id.PROFILE_CHART, "figure"),
        Output(Id.PROFILE_AGES, "hidden"),
        reads=("unit", "pick", "profile", "language", "theme", "system"),
    )
    def show(scene: Scene) -> tuple[Component | None, figures.Figure, bool]:
        kind = scene.view.profile or first_known(scene)
        if kind == "age":
            return _ages(scene)
        return bars(scene, parts(scene, kind, scene.focus.id)), figures.nothing(), True


def parts(scene: Scene, kind: str, unit_id: int) -> pd.DataFrame:
    """Return what a profile divides a unit into, as `statistics.profile` does."""
    dimension, denominator = DIMENSIONS[kind]
    return statistics.profile(scene.db, unit_id, dimension, denominator=denominator)


def first_known(scene: Scene) -> str:
    """Return the first profile that the city has data for, so that the panel opens with some."""
    for kind in KINDS:
        if kind == "age":
            found = statistics.pyramid(scene.db, scene.root.id)
            # Withheld is known, too.
            is_known = bool(found.male.sum() + found.female.sum()) or found.male.hasnans
        else:
            n = parts(scene, kind, scene.root.id).n
            # A list that is mostly "unknown" tells nothing.
            is_known = 2 * n.drop(UNKNOWN, errors="ignore").sum() > n.sum()
        if is_known:
            return kind
    return KINDS[0]


def _ages(scene: Scene) -> tuple[Component | None, figures.Figure, bool]:
    found = statistics.pyramid(scene.db, scene.focus.id)
    if found[["male", "female"]].isna().to_numpy().all():
        # Five-year bands go less far down than three groups of them.
        groups = statistics.profile(scene.db, scene.focus.id, "people.age_group")
        return bars(scene, groups, "people.age_group"), figures.nothing(), True
    men, women = found.male.fillna(0).to_list(), found.female.fillna(0).to_list()
    if not sum(men) + sum(women):
        return states.empty(scene.say("profile.no_ages")), figures.nothing(), True
    # Nobody over a hundred leaves no empty row at the top.
    top = max(i for i, n in enumerate(zip(men, women, strict=True)) if sum(n)) + 1
    ages = found[f"name_{scene.view.language}"].to_list()
    figure = figures.pyramid(men[:top], women[:top], ages[:top], scene.view.scheme, scene.say)
    return None, figure, False


def bars(scene: Scene, found: pd.DataFrame, dimension: str = "") -> Component:
    """Return the largest parts as a list of names, numbers and bars."""
    known = found[found.n > 0].sort_values("n", ascending=False, kind="stable")
    withheld = found[found.n.isna()]
    if known.empty and withheld.empty:
        return states.empty(scene.say("profile.empty"))
    if known.empty and scene.disclosure.threshold(dimension, scene.focus.level) is None:
        return states.empty(scene.why_withheld(dimension, scene.focus.level))
    colours = PALETTES[scene.view.scheme].categories
    # A category keeps its colour: it comes from its place in the list of all.
    place = {key: at for at, key in enumerate(found.index)}
    most = known.n.max()
    lines = [
        _bar(scene, row, row.n / most, colours[place[key] % len(colours)])
        for key, row in known.head(MOST_BARS).iterrows()
    ]
    rest = known.iloc[MOST_BARS:]
    if len(rest):
        name = scene.say("profile.others", n=len(rest))
        other = pd.Series({f"name_{scene.view.language}": name, "n": rest.n.sum(),
                           "share": rest.share.sum()})  # fmt: skip
        lines.append(_bar(scene, other, rest.n.sum() / most, colours[-1]))
    lines += [_withheld(scene, row, dimension) for _, row in withheld.iterrows()]
    return html.Ul(lines, className="cg-bars")


def _withheld(scene: Scene, row: Any, dimension: str) -> Component:  # noqa: ANN401
    level = scene.focus.level
    return html.Li(
        [
            html.Span(row[f"name_{scene.view.language}"], className="cg-bars-name"),
            html.Span(scene.withheld(dimension, level), className="cg-bars-number"),
        ],
        title=scene.why_withheld(dimension, level),
    )


def _bar(scene: Scene, row: Any, length: float, colour: str) -> Component:  # noqa: ANN401
    small = numerals.percent(row.share)
    if "rate" in row and pd.notna(row.rate):
        small = scene.say("profile.per_1000", n=numerals.number(row.rate))
    return html.Li(
        [
            html.Span(row[f"name_{scene.view.language}"], className="cg-bars-name"),
            html.Span([numerals.number(row.n), html.Small(small)], className="cg-bars-number"),
            html.Span(
                html.Span(style={"width": f"{min(length, 1):.1%}", "background": colour}),
                className="cg-bars-line",
            ),
        ]
    )
