"""The addresses of jobs: what one has asked for, how far it is, what came of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Response
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection

from dashboard.jobs.kinds import KINDS
from dashboard.replies import private_json
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.errors import CityGridError
from gis.jobs import jobs
from gis.jobs.jobs import Job, Json

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Language = Literal["zh", "en"]


class Asking(BaseModel):
    """What is asked for."""

    # `dashboard.jobs.kinds.KINDS`
    kind: Literal["indicators", "scenario", "stale_scenarios", "sites", "best"]
    arguments: dict[str, Any] = {}


def add(server: FastAPI, workers: Workers) -> None:
    """Add the addresses to a server."""

    @server.get("/jobs")
    async def listed(language: Language = "zh") -> Response:
        """Return one's own jobs, the newest first."""
        found = await workers.ask(jobs.listed)
        return private_json({"jobs": [as_json(job, language) for job in found]})

    @server.post("/jobs")
    async def begin(asking: Asking, language: Language = "zh") -> Response:
        """Ask for a job."""
        viewer = VIEWER.get()
        kind = KINDS[asking.kind]
        viewer.require(kind.right)
        arguments = checked(kind.arguments, asking.arguments)

        def ask(db: Connection) -> Job:
            return jobs.read(db, jobs.begin(db, viewer, asking.kind, arguments))

        return private_json(as_json(await workers.ask(ask), language), 201)

    @server.get("/jobs/{number}")
    async def shown(number: Number, language: Language = "zh") -> Response:
        """Return a job of one's own, and what came of it."""
        found = await workers.ask(lambda db: jobs.read(db, number))
        return private_json({**as_json(found, language), "result": found.result})

    @server.post("/jobs/{number}/cancel")
    async def cancel(number: Number, language: Language = "zh") -> Response:
        """Cancel a job of one's own."""
        viewer = VIEWER.get()
        found = await workers.ask(lambda db: jobs.cancel(db, viewer, number))
        return private_json(as_json(found, language))


def checked(model: type[BaseModel], given: Json) -> Json:
    """Return arguments as the work reads them, or raise CityGridError naming what is wrong."""
    try:
        return model.model_validate(given).model_dump(mode="json")
    except ValidationError as error:
        faults = tuple(
            f"{'.'.join(map(str, fault['loc']))} = {str(fault.get('input'))[:60]!r}"
            for fault in error.errors()
        )
        raise CityGridError(
            f"The job cannot be begun like that: {'; '.join(faults)}.",
            key="job.arguments", faults=faults,
        ) from error  # fmt: skip


def as_json(job: Job, language: str) -> Json:
    """Return a job as the page shows it, without its result."""
    return {
        "id": job.id,
        "kind": job.kind,
        "arguments": job.arguments,
        "state": job.state,
        # Above 1: it was interrupted, and begun anew.
        "attempt": job.attempt,
        "done": job.done,
        "total": job.total,
        "failure": job.failure and job.failure[language],
        "created_at": job.created_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
    }
