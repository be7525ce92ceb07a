"""The headers of hotlines' exports: each is known as one field's, and as no other's."""

from collections import Counter

import pytest

from importers.headers import match
from importers.hotline.columns import HOTLINE


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (
            ("工单编号", "来电时间", "诉求类别", "事件地址", "诉求内容", "来电人", "联系电话"),
            ("number", "reported_at", "small", "address", "text", "name", "phone"),
        ),
        (
            ("流水号", "登记时间", "事件标题", "事件描述", "发生地址", "属地", "办理状态"),
            ("number", "reported_at", "title", "text", "address", "area", "status"),
        ),
    ],
)
def test_a_city_s_own_headers_are_known(headers, fields):
    assert match(headers, HOTLINE, {}).fields == dict(zip(fields, headers, strict=True))


def test_no_header_is_the_one_of_two_fields():
    known = Counter(
        word for field in HOTLINE.fields
        for word in {field.name, field.names["zh"], *field.synonyms}
    )  # fmt: skip
    assert [word for word, n in known.items() if n > 1] == []
