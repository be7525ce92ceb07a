"""Where drafts are drawn on: opens them, tries and does operations, undoes, redoes, remedies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from dashboard.editing import answers
from dashboard.editing.answers import Json
from dashboard.editing.drafts import Draft, Drafts, Turn
from dashboard.editing.permits import refuse_foreign, require_reader
from dashboard.editing.sentences import said
from dashboard.text import explained
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.division import commands, stored
from gis.division.checks import Remark
from gis.division.commands import Command
from gis.division.delta import Delta
from gis.division.division import Operation
from gis.division.surroundings import Stored
from gis.errors import BoundaryError, CityGridError, ForbiddenError, NotFoundError
from gis.orders import orders
from gis.orders.order import Order
from gis.orders.status import StaleError, Status, TransitionError
from layers import measures, remarks
from layers.impact import Impact, Numbers


@dataclass(frozen=True)
class Asking:
    """How an answer is wanted."""

    language: str = "zh"
    # The level of the numbers; None: where ground changes hands.
    level: int | None = None
    # A measure counted beside the fixed ones.
    measure: str | None = None


class Desk:
    """The drafts of one process."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._drafts = Drafts()

    def ground(self, number: int, asking: Asking) -> Json:
        """Return all of a draft that is drawn."""
        viewer = VIEWER.get()
        with self._open(number, viewer) as (db, order, draft):
            return {
                "revision": draft.revision,
                "done": draft.done,
                "steps": len(draft.steps),
                "editable": _is_editable(order, draft, viewer),
                "stale": explained(draft.stale, asking.language) if draft.stale else None,
                "arcs": answers.arcs(draft, draft.arcs.values()),
                "units": answers.units(draft, viewer, sorted(draft.division.units)),
                "conflicts": answers.conflicts(order.failure),
                **self._judged(db, draft, viewer, asking),
            }

    def do(self, number: int, seen: int, operation: object, asking: Asking) -> Json:
        """Carry an operation out and save it as a step."""
        command = commands.read(operation)
        viewer = VIEWER.get()
        with self._drawing(number, seen, viewer) as (db, draft):
            made = _operations(db, draft, command)
            return self._save(db, draft, viewer, made, command.kind, asking)

    def draw(
        self,
        number: int,
        seen: int,
        making: Callable[[Connection, Draft], Sequence[Operation]],
        kind: str,
        asking: Asking,
    ) -> Json:
        """Carry out operations that are made for the draft, and save them as one step."""
        viewer = VIEWER.get()
        with self._drawing(number, seen, viewer) as (db, draft):
            return self._save(db, draft, viewer, making(db, draft), kind, asking)

    def remedy(self, number: int, seen: int, key: str, asking: Asking) -> Json:
        """Put right what a remark is about."""
        viewer = VIEWER.get()
        with self._drawing(number, seen, viewer) as (db, draft):
            found = self._remarks(db, draft, viewer, asking)
            remark = next((one for one in found if one.key == key), None)
            if remark is None or remark.remedy is None:
                raise NotFoundError(
                    f"No remark {key!r} has a remedy. It may have been put right already.",
                    key="edit.no_remedy",
                )
            return self._save(db, draft, viewer, [remark.remedy], "remedy", asking)

    def move_to(self, number: int, seen: int, by: int, asking: Asking) -> Json:
        """Undo the last step in force (``by`` -1), or do the one after it again (1)."""
        viewer = VIEWER.get()
        with self._drawing(number, seen, viewer) as (db, draft):
            done = draft.done + by
            if not 0 <= done <= len(draft.steps):
                words = "undo" if by < 0 else "redo"
                # Not a conflict: what the page shows is what there is.
                raise BoundaryError(f"There is nothing to {words}.", key=f"edit.nothing_{words}")
            revision = orders.set_done(db, viewer, number, seen=seen, done=done)
            turn = draft.move_to(done)
            draft.revision = revision
            kind = "undone" if by < 0 else "redone"
            return self._turned(db, draft, viewer, turn, kind, asking)

    def attempt(self, number: int, seen: int, operation: object, n: int, asking: Asking) -> Json:
        """Return what an operation would do, and leave no trace of it."""
        viewer = VIEWER.get()
        command = commands.read(operation)
        with self._drawing(number, seen, viewer) as (db, draft):
            try:
                made = _operations(db, draft, command)
                with draft.division.tried(*made) as delta:
                    refuse_foreign(draft, viewer, delta)
                    turn = draft.turned(delta)
                    total = draft.total + delta
                    numbers = self._numbers(db, draft, viewer, asking, total, is_kept=False)
                    return {
                        "n": n,
                        "refused": None,
                        "numbers": answers.numbers(draft, numbers, total),
                        "arcs": {
                            "gone": list(turn.gone),
                            "new": answers.arcs(draft, turn.new.values()),
                        },
                        "moved": answers.moved(draft, total, numbers.level),
                    }
            except (BoundaryError, ForbiddenError) as error:
                refused = explained(error, asking.language)
                return {"n": n, "refused": refused, "numbers": None}

    @contextlib.contextmanager
    def reading(self, number: int) -> Iterator[tuple[Connection, Draft]]:
        """Open a draft to look something up in it."""
        viewer = VIEWER.get()
        with self._open(number, viewer) as (db, _, draft):
            yield db, draft

    @contextlib.contextmanager
    def before_drawing(self, number: int, seen: int) -> Iterator[tuple[Connection, Draft]]:
        """Open a draft that may be drawn on, to look something up first."""
        with self._drawing(number, seen, VIEWER.get()) as (db, draft):
            yield db, draft

    @contextlib.contextmanager
    def _open(self, number: int, viewer: Viewer) -> Iterator[tuple[Connection, Order, Draft]]:
        require_reader(viewer)
        # Whoever holds the lock has a connection already, so waiting with one keeps nobody.
        with self._workers.connect() as db:
            order = orders.read(db, number)
            draft = self._drafts.get(db, order)
            with draft.lock:
                yield db, order, draft

    @contextlib.contextmanager
    def _drawing(
        self, number: int, seen: int, viewer: Viewer
    ) -> Iterator[tuple[Connection, Draft]]:
        """Open a draft to draw on; what is half done is forgotten when something goes wrong."""
        viewer.require(Right.REDRAW)
        with self._open(number, viewer) as (db, order, draft):
            _refuse_closed(order, draft, viewer)
            if draft.revision != seen:
                raise StaleError(
                    f"{order.number} has been changed meanwhile. Look at it again; nothing was "
                    "overwritten.",
                    key="edit.stale",
                    order=order.number,
                )
            before = draft.total
            try:
                yield db, draft
                written = db.get_transaction()
                if draft.total is not before and written is not None:
                    # While the lock is held: who looks next finds the same here and there.
                    written.commit()
            except BaseException as error:
                if draft.total is not before or not isinstance(error, CityGridError):
                    self._drafts.forget(number)
                raise

    def _save(  # noqa: PLR0913 - what a step is made of
        self,
        db: Connection,
        draft: Draft,
        viewer: Viewer,
        made: Sequence[Operation],
        kind: str,
        asking: Asking,
    ) -> Json:
        with draft.division.tried(*made) as delta:
            refuse_foreign(draft, viewer, delta)
        words = said(kind, draft, delta, asking.language)
        if delta:
            revision = orders.save_step(
                db, viewer, draft.order_id, seen=draft.revision, delta=delta, said=words
            )
            del draft.steps[draft.done :]
            draft.steps.append(delta)
            turn = draft.move_to(draft.done + 1)
            draft.revision = revision
        else:
            turn = Turn(delta, {}, {})
        return self._turned(db, draft, viewer, turn, words, asking, is_said=True)

    def _turned(  # noqa: PLR0913 - what an answer is made of
        self,
        db: Connection,
        draft: Draft,
        viewer: Viewer,
        turn: Turn,
        what: str,
        asking: Asking,
        *,
        is_said: bool = False,
    ) -> Json:
        return {
            "revision": draft.revision,
            "done": draft.done,
            "steps": len(draft.steps),
            **answers.turn(draft, viewer, turn),
            **self._judged(db, draft, viewer, asking),
            "said": what if is_said else said(what, draft, turn.delta, asking.language),
        }

    def _judged(self, db: Connection, draft: Draft, viewer: Viewer, asking: Asking) -> Json:
        """Return the numbers and remarks, and the ground that changes hands."""
        if draft.is_past:
            level = max((u.level for u in draft.total.new.values()), default=1)
            return {"moved": answers.moved(draft, draft.total, level), "numbers": None,
                    "remarks": []}  # fmt: skip
        numbers = self._numbers(db, draft, viewer, asking, draft.total)
        found = self._remarks(db, draft, viewer, asking)
        return {
            "moved": answers.moved(draft, draft.total, numbers.level),
            "numbers": answers.numbers(draft, numbers, draft.total),
            "remarks": answers.remarks(draft.division.units, found, asking.language),
        }

    def _numbers(  # noqa: PLR0913 - what is asked for
        self,
        db: Connection,
        draft: Draft,
        viewer: Viewer,
        asking: Asking,
        total: Delta,
        *,
        is_kept: bool = True,
    ) -> Numbers:
        impact = _impact(draft, viewer, asking.measure)
        return impact.numbers(db, draft.division, total, level=asking.level, is_kept=is_kept)

    def _remarks(
        self, db: Connection, draft: Draft, viewer: Viewer, asking: Asking
    ) -> tuple[Remark, ...]:
        impact = _impact(draft, viewer, asking.measure)
        return remarks.found(
            db, draft.division, draft.total, draft.city, draft.zoning, impact, draft.heads
        )


def _impact(draft: Draft, viewer: Viewer, measure: str | None) -> Impact:
    """Return the numbers of a draft as somebody may see them: by what he may, not by who he is."""
    if measure is not None:
        measures.check(measure)
    key = viewer.units, viewer.care, viewer.cases, viewer.bodies, measure
    impact = draft.impacts.get(key)
    if impact is None:
        impact = draft.impacts[key] = Impact(viewer, draft.city, draft.within, measure)
    return impact


def _operations(db: Connection, draft: Draft, command: Command) -> Sequence[Operation]:
    """Return what a command takes, with all it names loaded."""
    gone = draft.total.old.keys() - draft.total.new.keys()
    named = {*command.units, *command.places}
    if named & gone:
        draft.division.unit(min(named & gone))
    stored.extend(
        db, draft.division, set(command.units) - draft.total.new.keys(),
        set(command.places) - draft.total.new.keys(),
    )  # fmt: skip
    here = Stored(db, draft.city, draft.zoning_id)
    return command.operations(draft.division, here)


def _is_editable(order: Order, draft: Draft, viewer: Viewer) -> bool:
    is_author = order.author_id is not None and order.author_id == viewer.account_id
    is_open = order.status is Status.DRAFT and not draft.is_past
    return is_author and is_open and Right.REDRAW in viewer.rights


def _refuse_closed(order: Order, draft: Draft, viewer: Viewer) -> None:
    if order.author_id is None or order.author_id != viewer.account_id:
        raise ForbiddenError(
            f"{order.number} is {order.author}'s: only who drew it draws on.",
            key="edit.not_yours", order=order.number, author=order.author,
        )  # fmt: skip
    if order.status is not Status.DRAFT:
        raise TransitionError(
            f"{order.number} is {order.status.value}: take it back to draw on, or begin another.",
            key="edit.closed", order=order.number,
        )  # fmt: skip
    if draft.stale is not None:
        raise StaleError(str(draft.stale), key="edit.overtaken", order=order.number)
