"""What Open311 calls services: the small classes of incidents, and what may be said of each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from dashboard.incidents import asking
from dashboard.text import named
from gis.errors import NotFoundError
from layers.catalog.incidents import SEVERITIES
from layers.handling import duty
from layers.handling.duty import Class

Json = dict[str, Any]
# Between scheme and class: neither has one, and an address needs nothing for it.
BETWEEN = ":"


def code_of(scheme: str, small: str) -> str:
    """Return the code of a service."""
    return f"{scheme}{BETWEEN}{small}"


def kind_of(code: str) -> tuple[str, str]:
    """Return scheme and class of a service's code, whether or not there is one."""
    scheme, _, small = code.partition(BETWEEN)
    return scheme, small


def listed(db: Connection, language: str) -> list[Json]:
    """Return every service."""
    names = asking.classes(db)
    return [
        {
            "service_code": code_of(kind.scheme, kind.small),
            "service_name": named(kind.names, language),
            "description": _description(kind, language),
            "metadata": True,
            # A number is given at once.
            "type": "realtime",
            "keywords": "",
            "group": named(names.get((kind.scheme, kind.big), {}), language) or kind.big,
        }
        for kind in duty.classes(db, asking.small_classes(db)).values()
    ]


def definition(db: Connection, code: str, language: str) -> Json:
    """Return what may be said of a report of a service, beside what may be said of any.

    Raises
    ------
    NotFoundError
        There is no such service.
    """
    kind = read(db, code)
    attributes = [_attribute("severity", 1, language, SEVERITIES)]
    if kind.conditions:
        conditions = {str(each.number): each.opens for each in kind.conditions}
        attributes.append(_attribute("condition", 2, language, conditions))
    return {"service_code": code, "attributes": attributes}


def read(db: Connection, code: str) -> Class:
    """Return the class of a service, or raise NotFoundError."""
    kind = duty.classes(db, [kind_of(code)]).get(kind_of(code))
    if kind is None:
        raise NotFoundError(
            f"There is no service {code!r}: ask /open311/v2/services for those there are.",
            key="open311.no_service", code=code,
        )  # fmt: skip
    return kind


def _description(kind: Class, language: str) -> str:
    usual = kind.condition(None)
    return named(usual.opens, language) if usual else ""


def _attribute(code: str, order: int, language: str, values: Any) -> Json:  # noqa: ANN401
    titles = {
        "severity": {"zh": "严重程度", "en": "Severity"},
        "condition": {"zh": "符合哪一条立案条件", "en": "Which condition is met"},
    }  # fmt: skip
    return {
        "variable": True,
        "code": code,
        "datatype": "singlevaluelist",
        "required": False,
        "datatype_description": "",
        "order": order,
        "description": named(titles[code], language),
        "values": [{"key": key, "name": named(names, language)} for key, names in values.items()],
    }
