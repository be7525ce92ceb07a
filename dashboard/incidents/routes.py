"""The addresses of incidents: reported, looked up, handled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import FastAPI, Header, Path, Query, Response
from sqlalchemy import Connection

from dashboard.coverage.desk import Desk
from dashboard.door import Door
from dashboard.incidents import answers, asking, files, repeating, sheets
from dashboard.incidents.collecting import Collector
from dashboard.incidents.files import Studio
from dashboard.incidents.sent import (
    LARGEST,
    Acting,
    ActingOnSeveral,
    Asking,
    Following,
    Language,
    Lat,
    Lon,
    Reporting,
    Several,
    Small,
    Speaking,
)
from dashboard.limiting import Buckets
from dashboard.orders.office import Office
from dashboard.replies import private_json
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import places
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.errors import CityGridError
from layers.handling import (
    again,
    alarms,
    cases,
    duplicates,
    duty,
    following,
    known,
    near,
    reported_by,
    reports,
    settings,
    several,
    talk,
    told,
    whose,
)
from layers.handling import case as reading
from layers.handling.case import Case
from layers.handling.drafts import LONGEST_KEY, LONGEST_PLACE, LONGEST_TITLE, Draft, Received
from layers.handling.duplicates import Said
from layers.handling.faces import Faces
from layers.handling.settings import Alike, Handling
from layers.handling.several import Verdict
from layers.handling.stages import TRANSITIONS, Act
from layers.handling.standing import RIGHT_OF
from layers.locating.writing import LONGEST

Named = Annotated[str, Path(max_length=200)]
Asked = Annotated[Language, Query()]
Code = Annotated[str, Query(max_length=40)]
Body = Annotated[int | None, Query(ge=1, le=LARGEST)]


def add(server: FastAPI, workers: Workers, office: Office, desk: Desk, door: Door) -> None:
    """Add the addresses to a server."""
    faces, studio, buckets = Faces(), Studio(workers), Buckets()
    # Those with a word of their own come before those with a number in its place.
    _add_asking(server, workers, desk, faces)
    _add_reporting(server, workers, office, faces, studio, buckets)
    repeating.add(server, workers, office, studio, buckets)
    _add_handling(server, workers, office, faces)
    _add_talking(server, workers, office, door)
    _add_following(server, workers, office)
    files.add(server, workers, office, studio)
    sheets.add(server, workers, door)


def _add_asking(server: FastAPI, workers: Workers, desk: Desk, faces: Faces) -> None:
    @server.get("/incidents/whose")
    async def whose_is(  # noqa: PLR0913 - what can be asked
        lon: Annotated[Lon, Query()],
        lat: Annotated[Lat, Query()],
        scheme: Code = "",
        small: Code = "",
        condition: Annotated[Small | None, Query()] = None,
        title: Annotated[str, Query(max_length=LONGEST_TITLE)] = "",
        address: Annotated[str, Query(max_length=LONGEST_PLACE)] = "",
        source: Code = "hotline",
        severity: Code = "ordinary",
        language: Asked = "zh",
    ) -> Response:
        """Return whose an incident at a place would be."""
        viewer = _asking()

        def ask(db: Connection) -> answers.Json:
            found = whose.whose(
                db, viewer, places.city_of(db), (lon, lat), now=_now(), scheme=scheme, small=small,
                condition=condition, faces=faces, title=title, address=address, source=source,
                severity=severity,
            )  # fmt: skip
            return answers.whose(found, language)

        return private_json(await workers.ask(ask))

    @server.get("/incidents/duplicates")
    async def known_already(  # noqa: PLR0913 - what can be asked
        lon: Annotated[Lon, Query()],
        lat: Annotated[Lat, Query()],
        scheme: Code = "",
        small: Code = "",
        text: Annotated[str, Query(max_length=200)] = "",
        language: Asked = "zh",
    ) -> Response:
        """Return what a report at a place may say again, with why."""
        viewer = _asking()

        def ask(db: Connection) -> list[answers.Json]:
            said = settings.read(places.city_of(db).handling)
            kind = duty.classes(db, [(scheme, small)]).get((scheme, small))
            if kind is None and small:
                return []
            if kind is None:
                # Before a class is chosen: whatever is there.
                said = replace(said, duplicate_class=Alike.ANY)
            one, now = (
                Said(lon, lat, scheme, small, kind.big if kind else "", text[:LONGEST]),
                _now(),
            )
            found = duplicates.possible(db, viewer, one, settings=said, now=now)
            names = asking.classes(db) if found else {}
            return [
                answers.duplicate(one, names, again.offered(db, viewer, one.id, now), language)
                for one in found
            ]

        return private_json(await workers.ask(ask))

    @server.get("/incidents/near")
    async def around(
        lon: Annotated[Lon, Query()],
        lat: Annotated[Lat, Query()],
        body: Body = None,
        language: Asked = "zh",
    ) -> Response:
        """Return what is near a place, and the post of a body that is there soonest."""
        _asking()

        def ask(db: Connection) -> answers.Json:
            found = near.near(db, desk.ground(db), (lon, lat), body_id=body)
            return answers.near(found, asking.classes(db), language)

        return private_json(await workers.ask(ask))


def _add_reporting(  # noqa: PLR0913 - what a report goes through
    server: FastAPI, workers: Workers, office: Office, faces: Faces, studio: Studio,
    buckets: Buckets,
) -> None:  # fmt: skip
    def write(db: Connection, viewer: Viewer, drafts: Sequence[Draft]) -> list[Received]:
        city, now = places.city_of(db), _now()
        found = reports.report_all(db, viewer, city, drafts, now=now, faces=faces)
        return known.compared(db, viewer, city, drafts, found, now=now)

    collector = Collector(office, write)

    async def drafted(
        sent: Sequence[Reporting], key: str
    ) -> tuple[Viewer, list[Draft | CityGridError]]:
        viewer = VIEWER.get()
        viewer.require(Right.REPORT)
        buckets.take(viewer.account_id or 0, len(sent))
        studio.take(viewer, sum(len(one.files) for one in sent))
        if not any(one.parent or one.files for one in sent):
            return viewer, [one.draft(key, None) for one in sent]

        def ask(db: Connection) -> tuple[list[int | None], Handling]:
            return [_parent(db, one) for one in sent], files.handling_of(db)

        parents, handling = await workers.ask(ask)
        made = zip(sent, parents, strict=True)
        return viewer, [await _made(studio, one, key, parent, handling) for one, parent in made]

    @server.post("/incidents")
    async def report(
        sent: Reporting | Several,
        key: Annotated[str, Header(alias="Idempotency-Key", max_length=LONGEST_KEY)] = "",
        language: Asked = "zh",
    ) -> Response:
        """Report an incident, or several, each of which is taken or refused by itself."""
        if isinstance(sent, Several):
            viewer, drafts = await drafted(sent.incidents, "")
            good = [one for one in drafts if isinstance(one, Draft)]
            written = iter(await office.ask(lambda db: write(db, viewer, good)) if good else ())
            found = [
                next(written) if isinstance(one, Draft) else Received(None, fault=one)
                for one in drafts
            ]
            return private_json({"received": [answers.received(one, language) for one in found]})
        viewer, (draft,) = await drafted([sent], key)
        if isinstance(draft, CityGridError):
            raise draft
        one = await collector.report(viewer, draft)
        if one.fault is not None:
            raise one.fault
        return private_json(answers.received(one, language), 201 if one.is_new else 200)


def _add_handling(server: FastAPI, workers: Workers, office: Office, faces: Faces) -> None:
    @server.get("/incidents/{key}")
    async def shown(key: Named) -> Response:
        """Return an incident, what was done with it, and what may be done now."""
        viewer = VIEWER.get()

        def ask(db: Connection) -> answers.Json:
            found = reading.by_key(db, key, _now())
            done = [answers.step(each) for each in reading.steps(db, found.id)]
            raised = [vars(each) for each in alarms.of(db, found.id)]
            return {**answers.case(found, viewer), "steps": done, "alarms": raised}

        return private_json(await workers.ask(ask))

    @server.post("/incidents/acts/{act}")
    async def act_on_several(act: Act, sent: ActingOnSeveral, language: Asked = "zh") -> Response:
        """Do the same with several incidents: a verdict for each, in the order given."""
        viewer = VIEWER.get()
        _require_some(viewer, act)
        chosen, said, now = sent.seen(), sent.said(), _now()

        def do(db: Connection) -> list[Verdict]:
            return several.act_all(
                db, viewer, places.city_of(db), chosen, act, said, now=now, faces=faces
            )

        def say(db: Connection) -> list[Verdict]:
            return several.comment_all(db, viewer, chosen, said.note, now=now)

        found = await office.ask(say if act is Act.COMMENT else do)
        return private_json({"verdicts": [answers.verdict(one, viewer, language) for one in found]})

    @server.post("/incidents/{key}/acts/{act}")
    async def act(key: Named, act: Act, sent: Acting) -> Response:
        """Do something with an incident."""
        viewer = VIEWER.get()
        _require_some(viewer, act)

        def ask(db: Connection) -> tuple[int, int | None]:
            other = reading.by_key(db, sent.other_key, _now()).id if sent.other_key else None
            return reading.by_key(db, key, _now()).id, other

        number, other = await workers.ask(ask)
        said = sent.said(other)

        def do(db: Connection) -> Case:
            return cases.act(
                db, viewer, places.city_of(db), number, act, said, seen_version=sent.seen_version,
                now=_now(), faces=faces,
            )  # fmt: skip

        return private_json(answers.case(await office.ask(do), viewer))


def _add_talking(server: FastAPI, workers: Workers, office: Office, door: Door) -> None:
    @server.get("/incidents/{key}/comments")
    async def comments(key: Named) -> Response:
        """Return what was said about a case that the viewer works on."""

        def ask(db: Connection) -> answers.Json:
            found = reading.by_key(db, key, _now())
            return {"comments": talk.comments(db, found.id)}

        return private_json(await workers.ask(ask))

    @server.post("/incidents/{key}/comments")
    async def comment(key: Named, sent: Speaking) -> Response:
        """Say something about a case that the viewer works on."""
        viewer = VIEWER.get()
        viewer.require(Right.CASES)

        number = await workers.ask(lambda db: reading.by_key(db, key, _now()).id)
        await office.ask(lambda db: talk.comment(db, viewer, number, sent.text, now=_now()))
        return Response(status_code=201)

    @server.post("/incidents/{key}/reporters")
    async def reporters(key: Named, sent: Asking) -> Response:
        """Return who reported a case, not masked; why is in the audit."""
        viewer = VIEWER.get()
        viewer.require(Right.CASES)

        def do(db: Connection) -> answers.Json:
            found = reading.by_key(db, key, _now())
            most = door.rules.reveals_per_hour
            clear = reported_by.reveal_reporters(
                db, viewer, found.id, sent.reason, now=_now(), most=most
            )
            return {"reporters": clear}

        # Committed before the answer leaves: what was shown is in the audit.
        return private_json(await workers.ask(do))

    @server.post("/incidents/{key}/notices/seen")
    async def seen(key: Named) -> Response:
        """Note that the viewer has seen what he was told of an incident."""
        viewer = VIEWER.get()

        def do(db: Connection) -> None:
            told.seen(db, viewer, reading.by_key(db, key, _now()).id)

        await workers.ask(do)
        return Response(status_code=204)


def _add_following(server: FastAPI, workers: Workers, office: Office) -> None:
    @server.get("/incidents/{key}/subscription")
    async def subscribed(key: Named) -> Response:
        """Return whether the viewer hears of a case."""
        viewer = VIEWER.get()
        viewer.require(Right.CASES)
        number = await workers.ask(lambda db: reading.by_key(db, key, _now()).id)
        return private_json(
            {"on": await office.ask(lambda db: following.hears(db, viewer, number))}
        )

    @server.post("/incidents/{key}/subscription")
    async def subscribe(key: Named, sent: Following) -> Response:
        """Let the viewer hear of a case, or no longer."""
        viewer = VIEWER.get()
        viewer.require(Right.CASES)
        number = await workers.ask(lambda db: reading.by_key(db, key, _now()).id)
        await office.ask(lambda db: cases.subscribe(db, viewer, number, on=sent.on, now=_now()))
        return Response(status_code=204)


async def _made(
    studio: Studio, sent: Reporting, key: str, parent: int | None, handling: Handling
) -> Draft | CityGridError:
    """Return what is to be written of a report, or why one of its files cannot be kept."""
    try:
        return sent.draft(key, parent, await studio.all_ready(sent.files, handling))
    except CityGridError as error:
        return error


def _parent(db: Connection, sent: Reporting) -> int | None:
    return reading.by_key(db, sent.parent, _now()).id if sent.parent else None


def _asking() -> Viewer:
    viewer = VIEWER.get()
    if not asking.may_ask(viewer):
        viewer.require(Right.REPORT)
    return viewer


def _require_some(viewer: Viewer, act: Act) -> None:
    """Raise ForbiddenError for who may do something with no case wherever it stands."""
    able = {RIGHT_OF[who] for (_, each), rule in TRANSITIONS.items() if each is act
            for who in rule.who}  # fmt: skip
    if not any(viewer.may(right) for right in able):
        viewer.require(min(able))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
