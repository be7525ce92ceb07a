"""The addresses of Open311 GeoReport v2, at /open311/v2/: each as .json and as .xml."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs

from fastapi import FastAPI, Header, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, select

from dashboard.incidents.sent import PLAIN
from dashboard.limiting import Buckets
from dashboard.open311 import requests, services, written
from dashboard.open311.keys import MOST_FIELDS
from dashboard.open311.requests import MOST, SPAN, STATUSES, Asked
from dashboard.orders.office import Office
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import places
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.cases import incident_receipt
from gis.city import City
from gis.errors import CityGridError, NotFoundError
from gis.tables import incident
from importers.candidates import SURE, WITHIN_M
from layers.handling import keeping, reports
from layers.handling.drafts import (
    LONGEST_KEY,
    LONGEST_NAME,
    LONGEST_PHONE,
    LONGEST_PLACE,
    LONGEST_TITLE,
    Draft,
    Received,
    Reporter,
)
from layers.handling.faces import Faces
from layers.handling.hotline_orders import Place
from layers.handling.keeping import LONGEST_SAID
from layers.locating.locate import locate
from layers.locating.located import How
from layers.locating.notation import ReadAs
from layers.locating.writing import LONGEST

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
LONGEST_DESCRIPTION = LONGEST_SAID
# Of the answers' shape; a program that kept one knows by it that there is another.
CHANGED = "2026-11-30T00:00:00Z"
Form = Literal["json", "xml"]
Language = Annotated[Literal["zh", "en"], Query()]
Code = Annotated[str, Path(max_length=100, pattern=PLAIN)]
Named = Annotated[str, Path(max_length=LONGEST_KEY, pattern=PLAIN)]
Jurisdiction = Annotated[str, Query(max_length=100, pattern=PLAIN)]
Several = Annotated[str, Query(max_length=4_000, pattern=PLAIN)]
# Empty is not given.
Moment = Annotated[AwareDatetime | None, BeforeValidator(lambda given: given or None), Query()]
# What the gate took for a token already.
Key = Annotated[str, Query(max_length=200)]


class Sent(BaseModel):
    """What is said of a new request; what else the standard knows is left aside."""

    model_config = ConfigDict(extra="ignore")

    service_code: Annotated[str, Field(max_length=100, pattern=PLAIN)]
    jurisdiction_id: Annotated[str, Field(max_length=100, pattern=PLAIN)] = ""
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    long: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    address_string: Annotated[str, Field(max_length=LONGEST_PLACE, pattern=PLAIN)] = ""
    description: Annotated[str, Field(max_length=LONGEST_DESCRIPTION, pattern=PLAIN)] = ""
    first_name: Annotated[str, Field(max_length=LONGEST_NAME, pattern=PLAIN)] = ""
    last_name: Annotated[str, Field(max_length=LONGEST_NAME, pattern=PLAIN)] = ""
    phone: Annotated[str, Field(max_length=LONGEST_PHONE, pattern=PLAIN)] = ""
    severity: Annotated[str, Field(max_length=40, pattern=PLAIN)] = "ordinary"
    condition: Annotated[int, Field(ge=1, le=32_000)] | None = None

    @property
    def reporter(self) -> Reporter | None:
        """Who reports; None where nothing is said of him."""
        name = f"{self.last_name}{self.first_name}"
        if name.isascii():
            name = f"{self.first_name} {self.last_name}".strip()
        if not name and not self.phone:
            return None
        return Reporter(name[:LONGEST_NAME], self.phone, is_subscribed=bool(self.phone))


def add(server: FastAPI, workers: Workers, office: Office) -> None:
    """Add the addresses to a server."""
    _add_services(server, workers)
    _add_requests(server, workers)
    _add_reporting(server, workers, office)


def _add_services(server: FastAPI, workers: Workers) -> None:
    @server.get("/open311/v2/discovery.{form}")
    async def discovery(request: Request, form: Form) -> Response:
        """Return where the standard is spoken, and in which forms."""
        url = str(request.url).rpartition("/discovery.")[0]
        found = {
            "changeset": CHANGED,
            "contact": "",
            "key_service": "",
            "endpoints": [
                {"specification": SPECIFICATION, "url": url, "changeset": CHANGED,
                 "type": "production", "formats": ["text/xml", "application/json"]}
            ],
        }  # fmt: skip
        return written.single(form, "discovery", found)

    @server.get("/open311/v2/services.{form}")
    async def listed(
        form: Form, jurisdiction_id: Jurisdiction = "", api_key: Key = "", language: Language = "zh"
    ) -> Response:
        """Return the services: the small classes of incidents."""
        del api_key

        def ask(db: Connection) -> list[services.Json]:
            _check(places.city_of(db), jurisdiction_id)
            return services.listed(db, language)

        return written.listed(form, "services", await workers.ask(ask))

    @server.get("/open311/v2/services/{code}.{form}")
    async def definition(
        code: Code, form: Form, jurisdiction_id: Jurisdiction = "", api_key: Key = "",
        language: Language = "zh",
    ) -> Response:  # fmt: skip
        """Return what may be said of a report of a service."""
        del api_key

        def ask(db: Connection) -> services.Json:
            _check(places.city_of(db), jurisdiction_id)
            return services.definition(db, code, language)

        return written.single(form, "service_definition", await workers.ask(ask))


def _add_requests(server: FastAPI, workers: Workers) -> None:
    @server.get("/open311/v2/requests.{form}")
    async def listed(  # noqa: PLR0913 - what the standard lets ask
        form: Form,
        service_request_id: Several = "",
        service_code: Several = "",
        status: Several = "",
        start_date: Moment = None,
        end_date: Moment = None,
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
        page_size: Annotated[int, Query(ge=1, le=MOST)] = MOST,
        jurisdiction_id: Jurisdiction = "",
        api_key: Key = "",
        language: Language = "zh",
    ) -> Response:
        """Return requests, the latest first; those of the last ninety days unless asked."""
        del api_key
        statuses = tuple(dict.fromkeys(_split(status)))
        if unknown := [each for each in statuses if each not in STATUSES]:
            raise CityGridError(
                f"status is open or closed, not {unknown[0]!r}.",
                key="open311.status", found=unknown[0],
            )  # fmt: skip
        if start_date and end_date and not start_date <= end_date <= start_date + SPAN:
            raise CityGridError(
                f"From start_date to end_date are at most {SPAN.days} days.",
                key="open311.span", days=SPAN.days,
            )  # fmt: skip
        asked = Asked(_split(service_request_id), _split(service_code), statuses, start_date,
                      end_date, page, page_size)  # fmt: skip

        def ask(db: Connection) -> list[requests.Json]:
            _check(places.city_of(db), jurisdiction_id)
            return requests.listed(db, asked, language, _now())

        return written.listed(form, "service_requests", await workers.ask(ask))

    @server.get("/open311/v2/requests/{key}.{form}")
    async def shown(
        key: Named, form: Form, jurisdiction_id: Jurisdiction = "", api_key: Key = "",
        language: Language = "zh",
    ) -> Response:  # fmt: skip
        """Return one request."""
        del api_key

        def ask(db: Connection) -> list[requests.Json]:
            _check(places.city_of(db), jurisdiction_id)
            found = requests.listed(db, Asked((key,)), language, _now())
            if not found:
                raise _none(key)
            return found

        return written.listed(form, "service_requests", await workers.ask(ask))


def _add_reporting(server: FastAPI, workers: Workers, office: Office) -> None:
    faces, buckets = Faces(), Buckets()

    @server.post("/open311/v2/requests.{form}")
    async def report(
        request: Request,
        form: Form,
        key: Annotated[str, Header(alias="Idempotency-Key", max_length=LONGEST_KEY)] = "",
    ) -> Response:
        """Report an incident; the body is a form, as the standard has it."""
        viewer = VIEWER.get()
        viewer.require(Right.REPORT)
        sent = _read(await request.body())
        buckets.take(viewer.account_id or 0, 1)

        def place(db: Connection) -> tuple[City, Draft]:
            city = places.city_of(db)
            _check(city, sent.jurisdiction_id)
            kind = services.read(db, sent.service_code)
            found = _place(db, city, sent)
            return city, Draft(
                kind.scheme, kind.small, found.lon, found.lat, sent.condition, sent.severity,
                sent.description[:LONGEST_TITLE], sent.address_string, placed_by=found.by,
                placed_score=found.score, placed_within_m=found.within_m,
                placed_as=found.read_as, source="app",
                reporter=sent.reporter, key=key,
            )  # fmt: skip

        city, draft = await workers.ask(place)

        def do(db: Connection) -> Received:
            one = reports.report_all(db, viewer, city, [draft], now=_now(), faces=faces)[0]
            if one.fault is not None:
                raise one.fault
            if one.is_new and one.id is not None and len(sent.description) > LONGEST_TITLE:
                keeping.say(db, viewer, one.id, sent.description)
            return one

        found = await office.ask(do)
        answer = {"service_request_id": found.key, "service_notice": None, "account_id": None}
        return written.listed(form, "service_requests", [answer])

    @server.get("/open311/v2/tokens/{token}.{form}")
    async def token(
        token: Named, form: Form, jurisdiction_id: Jurisdiction = "", api_key: Key = ""
    ) -> Response:
        """Return the request of a report of one's own by the key it was sent with."""
        del api_key
        viewer = VIEWER.get()
        viewer.require(Right.REPORT)

        def ask(db: Connection) -> str:
            _check(places.city_of(db), jurisdiction_id)
            found = _by_token(db, viewer, token)
            if found is None:
                raise _none(token)
            return found

        answer = {"service_request_id": await office.ask(ask), "token": token}
        return written.listed(form, "service_requests", [answer])


def _by_token(db: Connection, viewer: Viewer, token: str) -> str | None:
    r = incident_receipt.c
    query = (
        select(incident.c.key)
        .join(incident_receipt, r.incident_id == incident.c.id)
        .where(r.account_id == (viewer.account_id or 0), r.key == token)
    )
    found: str | None = db.scalar(query)
    return found


def _read(body: bytes) -> Sent:
    """Read a form; `attribute[severity]` is severity."""
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=MOST_FIELDS)
        given: dict[str, Any] = {
            name.removeprefix("attribute[").removesuffix("]"): values[0]
            for name, values in fields.items()
        }
        return Sent.model_validate(given)
    except ValidationError as error:
        faults = tuple(
            f"{'.'.join(map(str, fault['loc']))} = {str(fault.get('input'))[:60]!r}"
            for fault in error.errors()
        )
        raise _faulty(faults) from error
    except ValueError as error:
        raise _faulty((str(error)[:60],)) from error


def _faulty(faults: tuple[str, ...]) -> CityGridError:
    return CityGridError(
        f"The request cannot be taken like that: {'; '.join(faults)}.",
        key="open311.faults", faults=faults,
    )  # fmt: skip


def _place(db: Connection, city: City, sent: Sent) -> Place:
    if sent.lat is not None and sent.long is not None:
        # The standard has them in WGS 84.
        return Place(sent.long, sent.lat, How.COORDINATES.value, 1.0, read_as=ReadAs.DEGREES.value)
    found = locate(db, city, sent.address_string[:LONGEST], limit=2) if sent.address_string else []
    if not found or found[0].is_doubtful or found[0].score < SURE or (
        found[0].within_m or 0.0
    ) > WITHIN_M:  # fmt: skip
        raise CityGridError(
            "Where it is is not known surely: send lat and long, or more of the address in "
            "address_string.",
            key="open311.no_place",
        )
    best = found[0]
    return Place(best.lon, best.lat, best.how.value, best.score, best.within_m, best.read_as)


def _check(city: City, jurisdiction: str) -> None:
    if jurisdiction and jurisdiction != city.id:
        raise NotFoundError(
            f"There is no jurisdiction {jurisdiction!r}; this is {city.id!r}.",
            key="open311.no_jurisdiction", found=jurisdiction, known=city.id,
        )  # fmt: skip


def _none(key: str) -> NotFoundError:
    return NotFoundError(
        f"There is no request {key!r}, or none that is told here.", key="open311.none", name=key
    )


def _split(several: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in several.split(",") if each.strip())


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
