"""How orders are told apart at a glance: their status, and how long ago something was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from dash import html
from dash.development.base_component import Component

from dashboard.elements import icon
from dashboard.scene import Scene
from gis.orders.status import Status

# A status has a mark and a colour of its own; neither says it alone.
_LOOKS: Mapping[Status, tuple[str, str]] = MappingProxyType(
    {
        Status.DRAFT: ("pen", "quiet"),
        Status.PROPOSED: ("comment", "accent"),
        Status.COSIGNING: ("clock", "soon"),
        Status.CHECKING: ("clock", "soon"),
        Status.APPROVING: ("clock", "soon"),
        Status.FILING: ("clock", "soon"),
        Status.SCHEDULED: ("calendar", "accent"),
        Status.EFFECTIVE: ("check", "ok"),
        Status.REJECTED: ("close", "overdue"),
        Status.WITHDRAWN: ("close", "quiet"),
        Status.FAILED: ("conflict", "overdue"),
        Status.CONFLICTED: ("conflict", "overdue"),
    }
)
_DAYS_SAID = 14


def status(scene: Scene, of: Status) -> Component:
    """Return the chip of a status."""
    mark, colour = _LOOKS[of]
    return html.Span(
        [icon(mark), scene.say(f"order_status.{of}")], className=f"cg-tag cg-tag-{colour}"
    )


def since(scene: Scene, at: dt.datetime, *, now: dt.datetime | None = None) -> str:
    """Say how long ago something was; the day where that is long."""
    ago = (now or dt.datetime.now(dt.UTC)) - at
    minutes = int(ago.total_seconds() // 60)
    if minutes < 2:
        return scene.say("orders.just_now")
    if minutes < 60:
        return scene.say("orders.minutes", n=minutes)
    if minutes < 24 * 60:
        return scene.say("orders.hours", n=minutes // 60)
    if ago.days <= _DAYS_SAID:
        return scene.say("orders.days", n=ago.days)
    return moment(scene, at)


def moment(scene: Scene, at: dt.datetime) -> str:
    """Write a moment by the city's clock."""
    return scene.moment(at)
