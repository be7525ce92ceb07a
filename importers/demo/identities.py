"""Names, telephones, days of birth and id numbers of invented people; nobody's, all of them.

- Names are a common surname and two letters seldom seen together.
- Telephones begin with 105. Mobile numbers of China begin with 13 to 19, and 10 is for short
  numbers of the operators (MIIT, 电信网编号计划 2017, and the list of network numbers given out,
  as of March 2023): a telephone with eleven digits that begins so cannot exist.
- Id numbers begin with the demo district's own code, 99…: GB/T 2260 gives no region a 99.
  Their check digits are right, so that they pass every check.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from importers.demo.texts import Columns, Ints, digits, joined, numbered, taken
from importers.id_number import check_characters

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁董余苏叶吕魏蒋田杜丁沈"
    "姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱"
)
# Two letters that are each common but seldom stand together in the name of somebody known.
_FIRST = "承沐若景书昕予嘉亦以知思允念安清卓朗意望培济煦秉靖谦颂佑澄蔚循怀乐初远牧述温洵"
_SECOND = "禾岚宁川辰舟言和朴屿行遥然曦衡彦桐溪芷棠霖砚筠澜扬微林岑野榆翎芸楠茵苒岩恒樾彤蓝"

NO_PHONE_BEFORE = 14
_PHONE_PREFIX = "105"
_PHONE_DIGITS = 8
# Prime to ten, so that no two people get one number, and neighbours' look unlike.
_PHONE_STEP, _PHONE_START = 61_803_399, 27_182_819
# Of adults who live together, those who have another surname than the first.
_OTHER_SURNAME = 0.55
_CHILD_BANDS = 3
_OLDEST = 105
_NUMBERS_A_DAY = 500
# Of the 500 numbers of a day and sex, each once, in no order that tells.
_NUMBER_STEP = 187


def identities(rng: np.random.Generator, people: Columns, region: str, today: date) -> Columns:
    """Return what is private of people: columns of ``person_private``, all but ``unit_id``.

    Parameters
    ----------
    people
        Columns of the people table, those of a household one after the other.
    region
        Six digits that id numbers begin with.
    today
        The day ages are of.

    Returns
    -------
    dict
        ``id_number`` holds the number itself, for the loader to encrypt.
    """
    band = np.asarray(people["age_band"]).astype(np.int64)
    born = _born(rng, band, np.asarray(people["since"]), today)
    ids = np.asarray(people["id"])
    return {
        "people_id": ids,
        "name": names(rng, _surnames(rng, np.asarray(people["household_id"]), band)),
        "phone": _phones(ids, _years(born, np.datetime64(today, "D"))),
        "born": born,
        "id_number": _id_numbers(rng, region, born, np.asarray(people["sex"] == "male")),
    }


def names(rng: np.random.Generator, surname: Ints) -> pd.Series[Any]:
    """Return invented full names; ``surname`` are indexes into `SURNAMES`."""
    first, second = (rng.integers(0, len(pool), len(surname)) for pool in (_FIRST, _SECOND))
    return joined(
        taken(list(SURNAMES), surname), taken(list(_FIRST), first), taken(list(_SECOND), second)
    )


def any_surnames(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Return indexes into `SURNAMES`, of which the first are the most common."""
    return (len(SURNAMES) * rng.random(count) ** 1.7).astype(np.int64)


def _surnames(rng: np.random.Generator, household: Ints, band: Ints) -> NDArray[np.int64]:
    """Return surnames: children have that of the first of their household, others often not."""
    own = any_surnames(rng, len(household))
    is_first = np.diff(household, prepend=-1) != 0
    first = np.flatnonzero(is_first)[np.cumsum(is_first) - 1] if len(own) else own
    differs = (rng.random(len(own)) < _OTHER_SURNAME) & (band >= _CHILD_BANDS)
    return np.where(differs, own, own[first])


def _born(
    rng: np.random.Generator, band: Ints, since: NDArray[np.datetime64], today: date
) -> NDArray[np.datetime64]:
    """Return days of birth within the five years of each age band, not after ``since``."""
    years = np.minimum(5 * np.arange(22), _OLDEST + 1)
    # The day from which on somebody born is not yet so old.
    turns = np.array([date(today.year - y, today.month, today.day) for y in years], "M8[D]") + 1
    first, after = turns[band + 1].astype(np.int64), turns[band].astype(np.int64)
    day = first + (rng.random(len(band)) * (after - first)).astype(np.int64)
    there = since.astype("M8[D]").astype(np.int64)
    return np.clip(day, first, np.maximum(there, first)).astype("M8[D]")


def _years(born: NDArray[np.datetime64], today: np.datetime64) -> NDArray[np.int64]:
    def parts(day: NDArray[np.datetime64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        month = day.astype("M8[M]")
        of_month = (day - month).astype(np.int64)
        return month.astype(np.int64), of_month

    month, day = parts(born)
    now, day_now = parts(np.array([today]))
    months: NDArray[np.int64] = now - month - (day > day_now)
    return months // 12


def _phones(ids: Ints, years: Ints) -> pd.Series[Any]:
    number = (ids.astype(np.int64) * _PHONE_STEP + _PHONE_START) % 10**_PHONE_DIGITS
    phones = numbered(_PHONE_PREFIX, number, _PHONE_DIGITS)
    return phones.mask(years < NO_PHONE_BEFORE)


def _id_numbers(
    rng: np.random.Generator, region: str, born: NDArray[np.datetime64], is_male: NDArray[np.bool_]
) -> pd.Series[Any]:
    """Return id numbers: region, day of birth, a number odd for men, check digit."""
    month = born.astype("M8[M]").astype(np.int64)
    year, month, day = (
        1970 + month // 12, month % 12 + 1, (born - born.astype("M8[M]")).astype(np.int64) + 1,
    )  # fmt: skip
    serial = 2 * _places_of_day(rng, born, is_male) + is_male
    numbers = ((int(region) * 10_000 + year) * 100 + month) * 100 + day
    whole = numbers * 1000 + serial
    checks = check_characters(whole)
    tail = taken(list("0123456789X"), np.where(checks == ord("X"), 10, checks - ord("0")))
    return joined(digits(whole), tail)


def _places_of_day(
    rng: np.random.Generator, born: NDArray[np.datetime64], is_male: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return 0 … 499 for each person, no two of one day and sex alike."""
    group = 2 * born.astype(np.int64) + is_male
    order = np.lexsort([rng.random(len(group)), group])
    ordered = group[order]
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered)
    if len(place) and place.max() >= _NUMBERS_A_DAY:
        raise ValueError("More people are born on one day than there are id numbers.")
    return place * _NUMBER_STEP % _NUMBERS_A_DAY
