"""Private columns of a file of people: names, telephones, doors and id numbers.

They are taken out of the rows before anything else looks at them. What goes on stands masked in
their place, so that no message, log, key or file of rejected rows has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Column, Connection, MetaData, Table, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from gis import bulk
from gis.access.keys import Keys
from gis.access.private import about_id_number
from gis.access.tables import person_private
from gis.errors import FileError
from gis.tables import people
from importers import headers, id_number, values
from importers.read import Rows
from importers.typed import typed
from importers.values import Wrong
from layers.catalog.people import PEOPLE
from layers.layer import Field

FIELDS = (
    Field(
        "name",
        {"zh": "姓名", "en": "Name"},
        synonyms=("名字", "人员姓名", "居民姓名", "full_name", "person_name"),
    ),
    Field(
        "phone",
        {"zh": "联系电话", "en": "Telephone"},
        synonyms=(
            "手机号", "手机号码", "手机", "电话", "电话号码", "联系方式", "联系手机", "mobile",
            "telephone", "tel", "phone_number",
        ),
    ),
    Field(
        "room",
        {"zh": "门牌", "en": "Door"},
        synonyms=("室", "室号", "房号", "户室", "房间号", "门牌号", "door", "flat", "apartment"),
    ),
    Field(
        "id_number",
        {"zh": "身份证号", "en": "Id number"},
        synonyms=(
            "公民身份号码", "身份证号码", "居民身份证号", "居民身份证号码", "身份证",
            "身份证件号码", "证件号码", "证件号", "id_card", "idcard", "identity_number",
            "citizen_id",
        ),
    ),
)  # fmt: skip
NAMES = tuple(field.name for field in FIELDS)
HIDDEN = "*" * id_number.LENGTH
_LIKE_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_PHONE = re.compile(r"[+\d][\d -]{4,24}")
_LONGEST = 60


@dataclass(frozen=True)
class Private:
    """What a file says privately of its rows.

    Attributes
    ----------
    values
        Field → a value for each row of the file, None where there is none.
    wrong
        Rows that cannot go in, and why; no reason says any part of a value.
    fields
        Field → column of the file.
    """

    values: Mapping[str, NDArray[Any]]
    wrong: Wrong
    fields: Mapping[str, str]


NOTHING = Private({}, {}, {})


def take(found: Rows, named: Mapping[str, str]) -> tuple[Rows, Private]:
    """Return the rows with private columns masked, and what stood in them.

    Parameters
    ----------
    found
        The rows of a file of people, without what is never held.
    named
        Field → column, as the user said, for fields of all kinds.

    Raises
    ------
    FileError
        A private column was named as the key, or a column that does not exist.
    """
    everything = list(found.frame.columns)
    mine = {name: header for name, header in named.items() if name in NAMES}
    others = {name: header for name, header in named.items() if name not in NAMES}
    if others.get("key") in headers.match(everything, _LAYER, {}).fields.values():
        raise FileError(
            "What is private cannot be the key of a person: the key is kept in the clear. "
            "Name another column as the key, or none."
        )
    free = [header for header in everything if header not in others.values()]
    matched = headers.match(free, _LAYER, mine)
    rest = [header for header in everything if header not in matched.fields.values()]
    frame = found.frame.copy()
    taken: dict[str, NDArray[Any]] = {}
    wrong: dict[int, list[str]] = {}
    for name, header in matched.fields.items():
        label = next(field.names["en"] for field in FIELDS if field.name == name)
        read = values.convert(frame[header], _READERS[name])
        taken[name] = read.values
        for row, reason in read.wrong.items():
            wrong.setdefault(row, []).append(f"{label}: {reason}")
        masked = [mask(name, value) for value in frame[header]]
        frame[header] = pd.Series(masked, index=frame.index, dtype=object)
    # Another column may hold id numbers all the same: a remark, or a number for a person.
    key = headers.match(rest, PEOPLE, others).fields.get("key")
    for header in rest:
        shown = frame[header].map(_without_numbers)
        if header == key:
            for row in np.flatnonzero(shown.ne(frame[header]) & frame[header].notna()).tolist():
                wrong.setdefault(row, []).append("its key is an id number; give another or none")
        frame[header] = shown
    said = {row: "; ".join(reasons) for row, reasons in wrong.items()}
    return replace(found, frame=frame), Private(taken, said, matched.fields)


def mask(name: str, value: Any) -> str:  # noqa: ANN401 - a cell of a file
    """Return what may be shown of a private value."""
    said = "" if pd.isna(value) else values.text(value) or ""
    if not said:
        return ""
    if name == "name":
        return said[0] + "*"
    if name == "phone" and len(said) >= 11:
        return f"{said[:3]}****{said[-4:]}"
    return HIDDEN if name == "id_number" else "****"


def write(
    db: Connection,
    keys: Keys | None,
    private: Private,
    ids: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Write what is private of people who are there; return whose of it is new or differs.

    Parameters
    ----------
    keys
        What id numbers are encrypted with; without them they are left out.
    ids, rows
        Numbers of people, and the row of the file that each came from.
    """
    given = {name: column[rows] for name, column in private.values.items()}
    numbers = given.pop("id_number", None)
    if numbers is not None:
        given["born"] = np.array([n and id_number.born(n) for n in numbers], dtype=object)
    if keys is None:
        numbers = None
    there = _there(db, ids)
    changed = np.array(
        [
            _differs(there.get(id_), {name: column[i] for name, column in given.items()})
            or (numbers is not None and _number(keys, there.get(id_), id_) != numbers[i])
            for i, id_ in enumerate(ids.tolist())
        ],
        dtype=bool,
    )
    columns: dict[str, Any] = {
        name: typed(person_private.c[name].type, column[changed]) for name, column in given.items()
    }
    if numbers is not None and keys is not None:
        columns["id_number"] = sealed(keys, ids[changed], numbers[changed])
    if changed.any():
        _put(db, {"people_id": ids[changed], **columns})
    follow(db, ids)
    return changed


def follow(db: Connection, ids: NDArray[np.int64]) -> None:
    """Let what is private of people be in the unit that they are in."""
    p = person_private.c
    db.execute(
        update(person_private)
        .where(p.people_id == people.c.id, people.c.id == func.any(ids.tolist()))
        .where(p.unit_id.is_distinct_from(people.c.unit_id))
        .values(unit_id=people.c.unit_id)
    )


def sealed(keys: Keys, ids: NDArray[Any], numbers: Sequence[Any] | NDArray[Any]) -> pd.Series[Any]:
    """Return id numbers encrypted, each for the person it is of; None stays None."""
    given = [at for at, number in enumerate(numbers) if isinstance(number, str)]
    kept = np.full(len(ids), None, dtype=object)
    kept[given] = keys.encrypt_all(
        [numbers[at].encode() for at in given], [about_id_number(int(ids[at])) for at in given]
    )
    return pd.Series(kept)


def _put(db: Connection, columns: Mapping[str, Any]) -> None:
    copy = Table(
        "staged_person_private",
        MetaData(),
        *(Column(name, person_private.c[name].type) for name in columns),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    db.execute(text(f"DROP TABLE IF EXISTS pg_temp.{copy.name}"))
    copy.create(db)
    bulk.copy(db, copy, columns)
    adding = insert(person_private).from_select(list(columns), select(copy))
    new = {name: adding.excluded[name] for name in columns if name != "people_id"}
    db.execute(adding.on_conflict_do_update(index_elements=["people_id"], set_=new))


def _there(db: Connection, ids: NDArray[np.int64]) -> dict[int, Any]:
    p = person_private.c
    query = select(person_private).where(p.people_id == func.any(ids.tolist()))
    return {row.people_id: row for row in db.execute(query)}


def _differs(row: Any, given: Mapping[str, Any]) -> bool:  # noqa: ANN401 - a row, or None
    return any((row and getattr(row, name)) != value for name, value in given.items())


def _number(keys: Keys | None, row: Any, people_id: int) -> str | None:  # noqa: ANN401
    if keys is None or row is None or row.id_number is None:
        return None
    return keys.decrypt(bytes(row.id_number), about_id_number(people_id)).decode()


def _without_numbers(value: Any) -> Any:  # noqa: ANN401 - a cell of a file
    if isinstance(value, int) and len(str(value)) == id_number.LENGTH:
        value = str(value)
    if not isinstance(value, str) or len(value) < id_number.LENGTH:
        return value
    return _LIKE_NUMBER.sub(lambda at: HIDDEN if id_number.is_one(at[0]) else at[0], value)


def _short(value: Any) -> str | None:  # noqa: ANN401 - a cell of a file
    said = values.text(value)
    if said is not None and len(said) > _LONGEST:
        raise ValueError(f"it has more than {_LONGEST} characters")
    return said


def _phone(value: Any) -> str | None:  # noqa: ANN401 - a cell of a file
    try:
        said = values.code(value)
    except ValueError:
        raise ValueError("it was rounded by a spreadsheet; format the column as text") from None
    if said is None:
        return None
    if not _PHONE.fullmatch(said):
        raise ValueError("it is no telephone number")
    return said.replace(" ", "").replace("-", "") if said.startswith("1") else said


_READERS: Mapping[str, Callable[[Any], str | None]] = {
    "name": _short,
    "phone": _phone,
    "room": _short,
    "id_number": id_number.read,
}
_LAYER = replace(PEOPLE, fields=FIELDS)
