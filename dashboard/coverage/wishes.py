"""What a view wishes for new facilities: aim, candidates, limits."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from dashboard.coverage import tried
from dashboard.scene import Scene
from dashboard.view import View
from gis.errors import NotFoundError
from gis.siting.question import Aim
from layers.coverage import lists
from layers.coverage.candidates import Kind, Source
from layers.coverage.wishes import Wish

# What a suggestion hangs on, beside the question and the place.
WISHED = ("tried", "aim", "sites", "source", "every", "room", "budget", "cost", "floor", "backup",
          "without_closed", "closed", "level")  # fmt: skip

DOES = ("among", "source", "sites", "backup", "without_closed")
FIRST_USE = "use:public"
# No list has this number.
NONE_YET = 999_999_999


def wish(scene: Scene) -> Wish:
    """Return what new facilities are suggested for; a view that aims at nothing has no wish.

    Raises
    ------
    NotFoundError
        It names a list that whoever looks may not see.
    """
    view = scene.view
    return Wish(
        Aim(view.aim),
        view.sites or (None if view.budget else tried.A_FEW),
        source(scene),
        budget=view.budget,
        cost=view.cost,
        room=view.room,
        floor=(view.floor or 0) / 100,
        floor_level=scene.level.number if scene.level and view.floor else None,
        backup=view.backup,
    )


def kind(source: str) -> Kind:
    """Return what kind of candidates a view names."""
    word = source.partition(":")[0]
    return Kind(word) if word else Kind.DOORS


def source(scene: Scene) -> Source:
    """Return where the candidates of a view come from."""
    view = scene.view
    named, _, which = view.source.partition(":")
    there = kind(named)
    if there is Kind.LIST and int(which) == NONE_YET:
        raise NotFoundError("There is no list yet. Bring one.", key="candidates.none_yet")
    return Source(
        there,
        every=view.every if there is Kind.DOORS else None,
        use=which if there is Kind.USE else "",
        drawn=tuple(tried.places(view)) if there is Kind.DRAWN else (),
        listed=lists.read(scene.db, int(which)) if there is Kind.LIST else None,
    )


def first(db: Connection, among: str) -> str:
    """Return the source that is shown first of a kind of candidates.

    Of buildings those that new facilities go to most often, of lists the newest; who has none yet
    is asked to bring one.
    """
    if among == Kind.USE:
        return FIRST_USE
    if among == Kind.LIST:
        found = lists.listed(db)
        return f"list:{found[0].id if found else NONE_YET}"
    return among if among in (Kind.LAND, Kind.DRAWN) else ""


def after(view: View, what: str, wanted: str, db: Connection) -> View:
    """Return the view once something else is wished for; what makes no sense is no wish."""
    if what in ("backup", "without_closed"):
        return replace(view, **{what: not getattr(view, what)})  # type: ignore[arg-type]
    if what == "among":
        if wanted == kind(view.source):
            return view
        what, wanted = "source", first(db, wanted)
    elif what == "sites" and wanted == str(view.sites):
        # Once more: as many as at first.
        wanted = ""
    return view.having(**{what: wanted})


def standing(scene: Scene) -> list[tuple[float, float]]:
    """Return the places tried that are taken for built: none where they are to choose from."""
    return [] if kind(scene.view.source) is Kind.DRAWN else tried.places(scene.view)
