"""Rules of escalation: who hears, and when, of cases whose time runs out; saved as versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection

from dashboard.admin import desk, rule_forms
from dashboard.admin.drafts import acted, city_and_root, options, put, viewer_of, without
from dashboard.door import Door, now
from dashboard.incidents.rule_words import RuleWords, words_of
from dashboard.orders.office import Office
from dashboard.pages.drawing import draw, language_of
from dashboard.text import named, speaker
from gis.access.posts import POSTS
from gis.access.typed import one_line
from gis.access.viewer import Viewer
from layers.catalog.incidents import SEVERITIES
from layers.handling import escalations, rule_versions
from layers.handling.escalations import Escalation
from layers.handling.rule_checks import RuleError
from layers.handling.rule_versions import Kind
from layers.handling.told import POSTS_TOLD

TAB = "/admin/escalation"
ACTS = ("put", "remove", "drop", "save")


def add(server: FastAPI, door: Door, office: Office) -> None:
    """Add the page to a server."""

    @server.get(TAB, include_in_schema=False)
    async def show(request: Request) -> Response:
        """Show the rules and the draft."""
        return await _show(door, office, request)

    @server.post("/admin/escalation/{act}")
    async def do(request: Request, act: str) -> Response:
        """Edit or save the draft."""
        viewer = viewer_of(request)
        await office.ask(lambda db: rule_versions.require(viewer, city_and_root(db)[1]))
        to = f"{TAB}?told=saved" if act == "save" else TAB
        return await acted(
            door, request, act, among=ACTS,
            do=lambda form: office.ask(lambda db: _edit(db, viewer, act, form)),
            show=partial(_show, door, office, request), then=lambda _: to,
        )  # fmt: skip


def _edit(db: Connection, viewer: Viewer, act: str, form: Mapping[str, str]) -> None:
    draft = rule_versions.draft(db, viewer, Kind.ESCALATION)
    match act:
        case "put":
            rule = _typed_in(form)
            escalations.check(db, rule)
            rule_versions.keep_draft(db, viewer, put(draft, escalations.to_json(rule)))
        case "remove":
            rule_versions.keep_draft(db, viewer, without(draft, form.get("uid")))
        case "drop":
            rule_versions.drop_draft(db, viewer, Kind.ESCALATION)
        case _:
            if draft.is_as_saved:
                raise RuleError("Nothing was changed.", key="rules.nothing")
            for each in draft.rules:
                escalations.check(db, escalations.from_json(each))
            rule_versions.save(db, viewer, draft, note=one_line(form.get("note", "")), now=now())


def _typed_in(form: Mapping[str, str]) -> Escalation:
    scheme, _, code = form.get("class", "").partition("/")
    hours = rule_forms.number(form.get("answer_h", ""), "hours")
    return Escalation(
        uid=rule_forms.uid_of(form),
        name=one_line(form.get("name", "")),
        scheme=scheme or None,
        code=code or None,
        severities=rule_forms.ticked(form, "severity", SEVERITIES),
        share=rule_forms.number(form.get("share", ""), "percent"),
        after_h=rule_forms.number(form.get("after_h", ""), "hours"),
        tells=rule_forms.ticked(form, "tell", POSTS_TOLD),
        supervises=bool(form.get("supervises")),
        answer_h=24 if hours is None else hours,
    )


def _typed(rule: Escalation) -> dict[str, str]:
    """Return a rule as it is typed."""
    return {
        "uid": rule.uid, "name": rule.name,
        "class": f"{rule.scheme}/{rule.code}" if rule.code else "",
        "share": "" if rule.share is None else f"{rule.share}",
        "after_h": "" if rule.after_h is None else f"{rule.after_h}",
        "supervises": "1" if rule.supervises else "", "answer_h": f"{rule.answer_h}",
        **dict.fromkeys((f"severity.{each}" for each in rule.severities), "1"),
        **dict.fromkeys((f"tell.{each}" for each in rule.tells), "1"),
    }  # fmt: skip


async def _show(
    door: Door, office: Office, request: Request, *, fault: str = "",
    form: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    viewer, language = viewer_of(request), language_of(request, door)
    say, wanted = speaker(language), request.query_params.get("edit", "")

    def ask(db: Connection) -> dict[str, Any]:
        city, root = city_and_root(db)
        rule_versions.require(viewer, root)
        draft = rule_versions.draft(db, viewer, Kind.ESCALATION)
        rules = [escalations.from_json(each) for each in draft.rules]
        words = words_of(db, language, ())
        counted = escalations.counted(db, city, rules, now())
        typed = dict(form or {})
        if not typed and (chosen := next((r for r in rules if r.uid == wanted), None)):
            typed = _typed(chosen)
        return {
            "draft": draft, "rules": _rows(words, rules, counted),
            "typed": defaultdict(str, typed), "is_open": bool(typed),
            "classes": words.offered(), "versions": rule_versions.versions(db, Kind.ESCALATION),
        }  # fmt: skip

    values = await office.ask(ask)
    told = "rules.saved" if request.query_params.get("told") == "saved" else ""
    return await draw(
        door, request, "escalation.html", here=TAB, told=told,
        tabs=desk.tabs(say, request), tab=TAB,
        faults=[fault] if fault else [], status=400 if fault else 200,
        severities=options(SEVERITIES, language),
        posts=[(post.value, named(POSTS[post].names, language)) for post in POSTS_TOLD],
        **values,
    )  # fmt: skip


def _rows(
    words: RuleWords, rules: Sequence[Escalation], counted: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return rules as lines, the earliest first."""
    say = words.say
    return [
        {
            "uid": rule.uid, "name": rule.name, "n": counted[rule.uid],
            "when": say("escalation.at_share", share=rule.share) if rule.after_h is None else say(
                "escalation.at_hours", hours=rule.after_h
            ),
            "asks": [
                part
                for part in (words.kind(rule.scheme, rule.code), words.severities(rule.severities))
                if part
            ]
            or [say("rules.whatever")],
            "does": [
                *([say("rules.tells_whom", posts=words.posts(rule.tells))] if rule.tells else []),
                *([say("escalation.asks", hours=rule.answer_h)] if rule.supervises else []),
            ]
            or [say("escalation.marks")],
        }
        for rule in sorted(rules, key=lambda rule: rule.order)
    ]  # fmt: skip
