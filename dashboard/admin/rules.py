"""Rules for incidents, as who dispatches in the whole city edits, tries and saves them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection, func, select

from dashboard.admin import desk, rule_forms
from dashboard.admin.drafts import (
    Form,
    acted,
    city_and_root,
    edited,
    options,
    put,
    viewer_of,
    without,
)
from dashboard.door import Door, now
from dashboard.incidents.rule_words import WEEK, RuleWords, words_of
from dashboard.orders.office import Office
from dashboard.pages.drawing import draw, language_of
from dashboard.text import Say, named, speaker
from dashboard.workers import Workers
from gis.access.posts import POSTS
from gis.access.typed import one_line
from gis.access.viewer import Viewer
from gis.access.views import seen_incident
from gis.city import City
from gis.errors import NotFoundError
from gis.tables import unit_version, zoning
from layers.catalog.incidents import SEVERITIES, SOURCES
from layers.handling import duty, replay, routing, rule_checks, rule_versions
from layers.handling.routing import Days, Rule
from layers.handling.rule_checks import RuleError
from layers.handling.rule_versions import Draft, Kind, Version
from layers.handling.told import POSTS_TOLD
from layers.series import Span

TAB = "/admin/rules"
ACTS = ("put", "remove", "drop", "take", "replay", "save")
# Of what was tried, what a version remembers.
_REMEMBERED = ("at", "start", "end", "n", "moved", "raised", "unmatched")


@dataclass(frozen=True)
class Kept:
    """What a page of rules shows of the database."""

    draft: Draft
    is_fresh: bool
    versions: Sequence[Version]
    files: int


def add(server: FastAPI, door: Door, workers: Workers, office: Office) -> None:
    """Add the page to a server."""

    @server.get(TAB, include_in_schema=False)
    async def show(request: Request) -> Response:
        """Show the rules, the draft and what it would do."""
        return await _show(door, workers, office, request)

    @server.post("/admin/rules/{act}")
    async def do(request: Request, act: str) -> Response:
        """Edit, try or save the draft."""
        viewer = viewer_of(request)
        await office.ask(lambda db: rule_versions.require(viewer, city_and_root(db)[1]))

        async def edit(form: Form) -> None:
            if act == "replay":
                await _replay(workers, office, viewer, form)
            else:
                await office.ask(lambda db: _edit(db, viewer, act, form))

        to = TAB + {"save": "?told=saved", "replay": "#replayed"}.get(act, "")
        return await acted(
            door, request, act, among=ACTS, do=edit,
            show=partial(_show, door, workers, office, request), then=lambda _: to,
        )  # fmt: skip


def _edit(db: Connection, viewer: Viewer, act: str, form: Mapping[str, str]) -> None:
    draft = rule_versions.draft(db, viewer, Kind.ROUTING)
    match act:
        case "put":
            rule = rule_forms.routing(db, form)
            rule_checks.check(db, rule)
            rule_versions.keep_draft(db, viewer, put(draft, routing.to_json(rule)))
        case "remove":
            rule_versions.keep_draft(db, viewer, without(draft, form.get("uid")))
        case "drop":
            rule_versions.drop_draft(db, viewer, Kind.ROUTING)
        case "take":
            rule_versions.keep_draft(db, viewer, edited(draft, _rules_of(db, form)))
        case _:
            _save(db, viewer, draft, form)


def _rules_of(db: Connection, form: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    """Return the rules of an earlier version, to begin from."""
    wanted = form.get("version", "")
    for version in rule_versions.versions(db, Kind.ROUTING):
        if f"{version.id}" == wanted:
            return version.rules
    raise NotFoundError(f"There is no version {wanted[:40]!r}.", key="error.no_number")


def _save(db: Connection, viewer: Viewer, draft: Draft, form: Mapping[str, str]) -> None:
    if draft.is_as_saved:
        raise RuleError("Nothing was changed.", key="rules.nothing")
    for each in draft.rules:
        rule_checks.check(db, routing.from_json(each))
    is_fresh = replay.is_fresh(db, draft, now())
    if not is_fresh and not form.get("unreplayed"):
        raise RuleError(
            "See first what the rules would do by the present data, or say that you do without.",
            key="rules.replay_first",
        )
    known = {name: draft.replayed[name] for name in _REMEMBERED} if (
        is_fresh and draft.replayed
    ) else None  # fmt: skip
    kept = replace(draft, replayed=known)
    rule_versions.save(db, viewer, kept, note=one_line(form.get("note", "")), now=now())


async def _replay(
    workers: Workers, office: Office, viewer: Viewer, form: Mapping[str, str]
) -> None:
    def read(db: Connection) -> tuple[City, Draft, Span]:
        city, _ = city_and_root(db)
        days = [desk.day(form.get(name, ""), db) for name in ("start", "end")]
        return city, rule_versions.draft(db, viewer, Kind.ROUTING), _span(city, days)

    def keep(db: Connection) -> None:
        if rule_versions.draft(db, viewer, Kind.ROUTING) == draft:
            rule_versions.keep_draft(db, viewer, replace(draft, replayed=found))

    city, draft, span = await office.ask(read)
    # As who looks: of what he may not see he learns nothing by trying words.
    found = await workers.ask(lambda db: replay.replay(db, city, draft, span, now()))
    await office.ask(keep)


def _span(city: City, days: Sequence[dt.datetime | None]) -> Span:
    today = now().astimezone(city.tz).date()
    first, last = (each and each.date() for each in days)
    last = last or today
    first = first or last - dt.timedelta(days=replay.USUAL_DAYS - 1)
    if not 0 <= (last - first).days < replay.MOST_DAYS:
        raise RuleError(
            f"At most {replay.MOST_DAYS} days are tried, the first before the last.",
            key="rules.bad_span", most=replay.MOST_DAYS,
        )  # fmt: skip
    return Span(first, last)


async def _show(  # noqa: PLR0913 - what stands on the page
    door: Door, workers: Workers, office: Office, request: Request, *, fault: str = "",
    form: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    viewer, language = viewer_of(request), language_of(request, door)
    say = speaker(language)

    def read(db: Connection) -> Kept:
        _, root = city_and_root(db)
        rule_versions.require(viewer, root)
        draft = rule_versions.draft(db, viewer, Kind.ROUTING)
        return Kept(
            draft, replay.is_fresh(db, draft, now()), rule_versions.versions(db, Kind.ROUTING),
            len(duty.of_files(db)),
        )  # fmt: skip

    kept = await office.ask(read)
    rules = [routing.from_json(each) for each in kept.draft.rules]
    wanted = request.query_params.get("edit", "")

    def tell(db: Connection) -> dict[str, Any]:
        files, city = duty.of_files(db), city_and_root(db)[0]
        words = words_of(db, language, [*rules, *files])
        typed = dict(form or {})
        if not typed and (chosen := next((r for r in rules if r.uid == wanted), None)):
            codes = {number: code for number, (code, _) in words.units.items()}
            typed = rule_forms.routing_typed(chosen, codes)
        span = _span(city, (None, None))
        return {
            "rules": _rows(words, rules, kept.draft.replayed),
            "files": _rows(words, files, None),
            "typed": defaultdict(str, typed), "is_open": bool(typed) or wanted == "new",
            "classes": words.offered(), "found": _found(db, words, kept.draft.replayed, rules),
            "bodies": [(n, named(names, language)) for n, names in words.bodies.items()],
            "units": [*desk.offered(db, language), *_further(db, language)],
            "start": span.first.isoformat(), "end": span.last.isoformat(),
        }  # fmt: skip

    values = await workers.ask(tell)
    told = "rules.saved" if request.query_params.get("told") == "saved" else ""
    return await draw(
        door, request, "rules.html", here=TAB, told=told, tabs=desk.tabs(say, request), tab=TAB,
        faults=[fault] if fault else [], status=400 if fault else 200, kept=kept,
        week=[(each, say(f"rules.day_{each}")) for each in WEEK],
        days=[(each.value, say(f"rules.days_{each}")) for each in Days],
        sources=options(SOURCES, language), severities=options(SEVERITIES, language),
        posts=[(post.value, named(POSTS[post].names, language)) for post in POSTS_TOLD],
        **values,
    )  # fmt: skip


def _rows(
    words: RuleWords, rules: Sequence[Rule], found: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Return rules as lines, those that go before others first."""
    uses = {each["uid"]: each["n"] for each in found["rules"]} if found else {}
    return [
        {
            "uid": rule.uid, "name": rule.name, "priority": rule.priority,
            "asks": words.asks(rule) or [words.say("rules.whatever")],
            "decides": words.decides(rule), "since": rule.since, "until": rule.until,
            "n": uses.get(rule.uid),
        }
        for rule in sorted(rules, key=lambda rule: -rule.priority)
    ]  # fmt: skip


def _further(db: Connection, language: str) -> list[tuple[str, str]]:
    """Return units of further zonings, such as police beats."""
    v, z = unit_version.c, zoning.c
    query = (
        select(v.code, v.names, z.names.label("zoning"))
        .join(zoning, z.id == v.zoning_id)
        .where(~z.is_main, func.upper_inf(v.valid))
        .order_by(z.id, v.code)
        .limit(desk.MOST_OFFERED)
    )
    return [
        (row.code, f"{named(row.zoning, language)} · {named(row.names, language) or row.code}")
        for row in db.execute(query)
    ]


def _found(
    db: Connection, words: RuleWords, found: Mapping[str, Any] | None, rules: Sequence[Rule]
) -> dict[str, Any] | None:
    """Return what came of trying, in words; what examples say as whoever looks sees it."""
    if found is None:
        return None
    say, c = words.say, seen_incident.c
    ids = [one["id"] for one in found["examples"]]
    query = select(c.id, c.key, c.title, c.scheme, c.small, c.is_personal).where(c.id.in_(ids))
    cases = {row.id: row for row in db.execute(query)}
    names = {rule.uid: rule.name for rule in rules}
    examples = [
        {
            "key": case.key, "kind": words.kind(case.scheme, case.small),
            "title": "" if case.is_personal else case.title or "",
            "before": words.body(one["before"]), "after": words.body(one["after"]),
            "why": _why(say, one["rule_after"], names),
        }
        for one in found["examples"]
        if (case := cases.get(one["id"]))
    ]  # fmt: skip
    return {
        **found,
        "when": dt.datetime.fromisoformat(found["at"]),
        "told": [(words.posts([post]), n) for post, n in found["told"].items()],
        "bodies": [{**one, "name": words.body(one["id"])} for one in found["bodies"]],
        "examples": examples,
        "unmatched_classes": [
            (words.kind(one["scheme"], one["small"]), one["n"])
            for one in found["unmatched_classes"]
        ],
    }


def _why(say: Say, rule: Mapping[str, str] | None, names: Mapping[str, str]) -> str:
    if rule is None:
        return say("rules.by_none")
    if not rule["uid"]:
        return say("rules.by_file", n=rule["name"])
    return say("rules.by_rule", name=names.get(rule["uid"], rule["name"]))
