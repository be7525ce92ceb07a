"""The work of each kind of job. Imported by the process that does it, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dashboard.jobs.desk import Desk
from gis import places
from gis.errors import NotFoundError
from gis.jobs.jobs import Json
from layers.coverage.answers import Answers
from layers.coverage.doors import PEOPLE
from layers.coverage.indicators import INDICATORS

Work = Callable[[Desk], Json]
"""Does it and returns what came of it, to be kept with the job."""


def indicators(desk: Desk) -> Json:
    """Answer every standard indicator for the whole city, as the viewer may know it."""
    total = len(INDICATORS)
    desk.report(0, total)
    found = {}
    with desk.open() as db:
        city = places.city(db)
        if city is None:
            raise NotFoundError("The database holds no city.", key="error.no_city")
        answers = Answers(db, city)
        for done, (name, question) in enumerate(INDICATORS.items(), 1):
            answer = answers.to(question)
            official = answer.official
            found[name] = {
                "people": int(answer.all[PEOPLE][0]),
                "reached": int(answer.reached[PEOPLE][0]),
                "official": None if official is None else int(official[PEOPLE][0]),
                "audited": answer.audit.asked,
                "false_in": answer.audit.false_in,
                "false_out": answer.audit.false_out,
            }
            desk.report(done, total)
    return {"indicators": found}


WORKS: Mapping[str, Work] = MappingProxyType({"indicators": indicators})
