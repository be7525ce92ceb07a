"""Who heads and works in the units, as everybody may look it up; they need no account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.postgresql import Range

from dashboard.admin import desk
from dashboard.admin.acts import number_in
from dashboard.door import Door, now
from dashboard.pages.drawing import draw, form_of, go, language_of
from dashboard.text import explained, named, speaker
from gis import places
from gis.access import audit
from gis.access.accounts import AccountError
from gis.access.audit import Act
from gis.access.posts import Right
from gis.errors import CityGridError, NotFoundError
from gis.tables import staff_holding, unit_version

TAB = "/admin/staff"
POSTS = ("head", "worker")
LONGEST_NAME = 80
LONGEST_PHONE = 30
PHONE = frozenset("0123456789 +-()#")


@dataclass(frozen=True)
class Unit:
    """A unit and who serves it and those right below."""

    code: str
    names: Mapping[str, str]
    staff: list[dict[str, Any]]
    # Codes and names of the units right below, the way down to those who serve them.
    below: list[tuple[str, Mapping[str, str]]]


def add(server: FastAPI, door: Door) -> None:
    """Add the page to a server."""

    @server.get("/admin/staff", include_in_schema=False)
    async def show(request: Request) -> Response:
        """Show who serves a unit."""
        return await _show(door, request, request.query_params.get("unit", ""))

    @server.post("/admin/staff")
    async def enter(request: Request) -> Response:
        """Enter somebody."""
        visitor = desk.entitled(request, Right.GRANT)
        form = await form_of(door, request)

        def do(db: Connection) -> None:
            unit = desk.picked_anywhere(db, form.get("unit", ""))
            person, phone = " ".join(form.get("person", "").split()), form.get("phone", "").strip()
            if not 0 < len(person) <= LONGEST_NAME or len(phone) > LONGEST_PHONE:
                raise AccountError(
                    f"A name has 1 to {LONGEST_NAME} characters, a telephone {LONGEST_PHONE} at "
                    "most.",
                    key="error.staff",
                    most=LONGEST_NAME,
                    digits=LONGEST_PHONE,
                )
            if not set(phone) <= PHONE:
                raise AccountError(
                    f"A telephone has digits, spaces and + - ( ) # only, found {phone!r}.",
                    key="error.phone",
                )
            post = form.get("post", "")
            if post not in POSTS:
                raise NotFoundError(
                    f"Units have {' and '.join(POSTS)}s, found {post[:40]!r}.", key="error.no_post"
                )
            made = db.scalar(
                insert(staff_holding)
                .values(unit_id=unit, post=post, person=person, phone=phone or None,
                        valid=Range(now(), None))
                .returning(staff_holding.c.id)
            )  # fmt: skip
            by = visitor.actor
            audit.record(
                db, Act.CHANGE, subject=f"staff/{made}", details={"unit": unit, "post": post},
                account_id=by.account_id, login=by.login, address=by.address,
            )  # fmt: skip

        return await _done(door, request, form, do)

    @server.post("/admin/staff/end")
    async def end(request: Request) -> Response:
        """Say that somebody serves a unit no longer."""
        visitor = desk.entitled(request, Right.GRANT)
        form = await form_of(door, request)

        def do(db: Connection) -> None:
            number = number_in(form.get("holding", ""))
            at, c = now(), staff_holding.c
            ended = db.execute(
                update(staff_holding)
                .where(c.id == number, func.upper_inf(c.valid), func.lower(c.valid) < at)
                .values(valid=func.tstzrange(func.lower(c.valid), at))
            ).rowcount
            if not ended:
                raise NotFoundError(
                    f"Nobody serves a unit as number {number}.", key="error.no_number"
                )
            by = visitor.actor
            audit.record(
                db, Act.CHANGE, subject=f"staff/{number}", details={"ended": True},
                account_id=by.account_id, login=by.login, address=by.address,
            )  # fmt: skip

        return await _done(door, request, form, do)


async def _done(
    door: Door, request: Request, form: Mapping[str, str], do: Callable[[Connection], None]
) -> Response:
    try:
        await door.ask(do)
    except CityGridError as error:
        said = explained(error, language_of(request, door))
        return await _show(door, request, form.get("unit", ""), fault=said, form=form)
    return go(door, f"{TAB}?{urlencode({'unit': form.get('unit', ''), 'told': 'done'})}")


async def _show(
    door: Door,
    request: Request,
    typed: str,
    *,
    fault: str = "",
    form: Mapping[str, str] | None = None,
) -> Response:
    visitor = desk.entitled(request, Right.ACCOUNTS, Right.GRANT)
    language = language_of(request, door)
    say = speaker(language)
    faults, kept = [fault] if fault else [], form or {}
    told = "admin.done" if request.query_params.get("told") == "done" else ""
    unit = None
    # Without a wish the whole city: an empty page would say nothing.
    wanted = typed.strip() or await door.ask(desk.widest)
    if wanted:
        try:
            unit = await door.ask(lambda db: _unit(db, wanted))
        except CityGridError as error:
            faults.append(explained(error, language))
    staff = unit.staff if unit else []
    for row in staff:
        row["place"] = named(row["names"], language)
    return await draw(
        door, request, "staff.html", here=TAB, told=told, tabs=desk.tabs(say, request), tab=TAB,
        faults=faults, status=400 if faults else 200, staff=staff,
        typed=defaultdict(str, {**kept, "unit": typed}), is_open="person" in kept,
        units=await door.ask(lambda db: desk.offered(db, language)),
        code=unit.code if unit else "", place=named(unit.names, language) if unit else "",
        below=[(key, named(names, language)) for key, names in (unit.below if unit else [])],
        may_grant=Right.GRANT in visitor.viewer.rights,
    )  # fmt: skip


def _unit(db: Connection, typed: str) -> Unit:
    number = desk.picked_anywhere(db, typed)
    here = places.path(db, number)[-1]
    v, s = unit_version.c, staff_holding.c
    rows = db.execute(
        select(
            s.id, s.post, s.person, s.phone, func.lower(s.valid).label("since"), v.names, v.code
        )
        .join(unit_version, (v.unit_id == s.unit_id) & func.upper_inf(v.valid))
        .where((s.unit_id == number) | (v.parent_id == number), s.valid.contains(now()))
        .order_by(v.level, v.code, s.post, s.id)
    )  # fmt: skip
    below = db.execute(
        select(v.code, v.names)
        .where(v.parent_id == number, func.upper_inf(v.valid))
        .order_by(v.code)
        .limit(desk.MOST_OFFERED)
    )
    return Unit(
        here.code, here.names, [dict(row._mapping) for row in rows],
        [(row.code, row.names) for row in below],
    )  # fmt: skip
