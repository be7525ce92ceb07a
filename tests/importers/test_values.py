import datetime as dt
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importers import values
from importers.values import Words, convert, moment
from tests.proof import TIMES

ZONE = ZoneInfo("Asia/Taipei")
DAY = dt.datetime(2024, 5, 6, tzinfo=ZONE)


@pytest.mark.parametrize(
    "written",
    ["20240506", "2024/5/6", "2024-05-06", "2024.5.6", "2024年5月6日", "45418", "45418.0",
     "113/05/06", "1130506", "113年5月6日", "民國113年5月6日", "２０２４／５／６", 20240506,
     45418.0, pd.Timestamp(2024, 5, 6), dt.date(2024, 5, 6),
     "1714924800000", "2024-05-05T16:00:00Z"],
)  # fmt: skip
def test_one_day_in_every_style(written):
    assert moment(written, ZONE) == DAY
    assert values.date(written, ZONE) == DAY.date()


@pytest.mark.parametrize(
    ("written", "hour", "minute", "second"),
    [("20240506 191300", 19, 13, 0), ("2024/5/6 9:05", 9, 5, 0),
     ("2024/5/6 下午 03:05:09", 15, 5, 9),
     ("2024/5/6 上午 12:05", 0, 5, 0), ("113/05/06 13時05分", 13, 5, 0), ("45418.5", 12, 0, 0),
     ("2024-05-06T08:00:01.5", 8, 0, 1), ("20240506 0907", 9, 7, 0)],
)  # fmt: skip
def test_times_in_every_style(written, hour, minute, second):
    found = moment(written, ZONE)
    assert found.replace(microsecond=0) == DAY.replace(hour=hour, minute=minute, second=second)


@pytest.mark.parametrize(
    ("written", "why"),
    [("05/06/2024", "unclear"), ("2024-02-30", "does not exist"), ("soon", "no date"),
     ("99", "no date"), ("24/05/06", "unclear"), ("20240506 256100", "does not exist")],
)  # fmt: skip
def test_what_is_no_clear_date_is_refused(written, why):
    with pytest.raises(ValueError, match=why):
        moment(written, ZONE)


@settings(max_examples=100 * TIMES)
@given(st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2099, 1, 1)))
def test_every_style_gives_back_the_moment_that_was_written(when):
    when = when.replace(microsecond=0, tzinfo=ZONE)
    for style in (
        "%Y%m%d %H%M%S",
        "%Y-%m-%d %H:%M:%S",
        "%Y/%m/%d %H:%M:%S",
        "%Y年%m月%d日 %H:%M:%S",
    ):
        assert moment(when.strftime(style), ZONE) == when
    roc = f"{when.year - 1911}/{when.month}/{when.day}"
    if when.year >= 2011:
        assert values.date(roc, ZONE) == when.date()


def test_a_code_that_a_spreadsheet_rounded_is_refused():
    with pytest.raises(ValueError, match=r"'4.40304E\+11' was rounded by a spreadsheet"):
        values.code("4.40304E+11")


@pytest.mark.parametrize(
    ("written", "code"),
    [("００１２", "0012"), (440304001001.0, "440304001001"), ("440304001001.0", "440304001001"),
     (" A1 ", "A1"), (7, "7"), ("1.5", "1.5")],
)  # fmt: skip
def test_codes_keep_their_digits(written, code):
    assert values.code(written) == code


def test_numbers_and_yes_and_no():
    assert values.number("１,234.5") == 1234.5
    assert values.integer("12.0") == 12
    assert values.boolean("是") is True
    assert values.boolean("No") is False
    for read, written in ((values.number, "x"), (values.integer, "1.5"), (values.boolean, "maybe")):
        with pytest.raises(ValueError, match=repr(written)):
            read(written)
    with pytest.raises(ValueError, match="no number"):
        values.number("inf")


def test_words_are_understood_in_both_scripts_and_any_width():
    words = Words.of({"residential": ("住宅", "居住"), "office": ("辦公樓",)})
    assert [words(text) for text in ("住宅", "ＲＥＳＩＤＥＮＴＩＡＬ", "办公楼")] == [
        "residential", "residential", "office",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="'仓库' is none of: residential, office"):
        words("仓库")


def test_a_column_is_converted_and_its_faults_are_told_by_row():
    column = pd.Series(["1", "", None, "x", " ", "2", "x"])
    converted = convert(column, values.integer)
    assert converted.values.tolist() == [1, None, None, None, None, 2, None]
    assert converted.wrong == {3: "'x' is no number", 6: "'x' is no number"}
