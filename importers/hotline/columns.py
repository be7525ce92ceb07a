"""The columns of the hotline's table, and how a city's own headers are matched with them."""

from __future__ import annotations

from collections.abc import Mapping

from gis.tables import incident
from importers.headers import Matched, match
from importers.read import Rows
from layers.layer import Field, Layer

HOTLINE = Layer(
    id="hotline",
    names={"zh": "热线工单", "en": "Orders of the hotline"},
    table=incident,
    fields=(
        Field(
            "number", {"zh": "工单编号", "en": "Order number"}, required=True,
            synonyms=("工单号", "工单编码", "受理编号", "受理单号", "诉求编号", "诉求单号",
                      "派单编号", "流水号", "案件编号", "编号", "order_id", "id"),
        ),
        Field(
            "reported_at", {"zh": "受理时间", "en": "Received at"},
            synonyms=("来电时间", "诉求时间", "登记时间", "创建时间", "上报时间", "建单时间",
                      "受理日期", "来电日期", "日期", "created_at", "time", "date"),
        ),
        Field(
            "small", {"zh": "问题分类", "en": "Class"},
            synonyms=("诉求分类", "诉求类别", "事项分类", "三级分类", "四级分类", "末级分类",
                      "归口类别", "问题类型", "工单分类", "小类", "类别", "class", "category"),
        ),
        Field(
            "title", {"zh": "诉求标题", "en": "Title"},
            synonyms=("标题", "工单标题", "主题", "诉求主题", "事件标题", "title", "subject"),
        ),
        Field(
            "text", {"zh": "诉求内容", "en": "What is said"},
            synonyms=("内容", "工单内容", "问题描述", "来电内容", "主要内容", "诉求描述", "描述",
                      "事件描述", "事件内容", "description", "text"),
        ),
        Field(
            "address", {"zh": "诉求地址", "en": "Address"},
            synonyms=("地址", "事发地址", "事发地点", "发生地点", "诉求地点", "问题地址", "地点",
                      "详细地址", "事件地址", "事件地点", "发生地址", "现场地址", "位置",
                      "address", "place"),
        ),
        Field(
            "area", {"zh": "所属街道", "en": "Part of the city"},
            synonyms=("街道", "街镇", "所属街镇", "乡镇街道", "镇街", "属地", "subdistrict"),
        ),
        Field(
            "status", {"zh": "工单状态", "en": "Status at the hotline"},
            synonyms=("状态", "办理状态", "处理状态", "办件状态", "当前状态", "status", "state"),
        ),
        Field(
            "deadline", {"zh": "办结时限", "en": "Deadline of the hotline"},
            synonyms=("截止时间", "办理时限", "处理时限", "办结期限", "到期时间", "要求办结时间",
                      "deadline", "due", "due_at"),
        ),
        Field(
            "name", {"zh": "诉求人", "en": "Who called"},
            synonyms=("来电人", "来电人姓名", "姓名", "联系人", "市民姓名", "caller", "name"),
        ),
        Field(
            "phone", {"zh": "联系电话", "en": "Telephone"},
            synonyms=("来电号码", "电话", "手机", "手机号", "联系方式", "来电电话", "phone", "tel"),
        ),
        Field(
            "is_personal", {"zh": "是否保密", "en": "Confidential"},
            synonyms=("保密", "是否涉密", "涉及个人", "confidential", "private"),
        ),
    ),
)  # fmt: skip
"""The columns of the hotline's table, by the names they have in its exports."""


def matched(rows: Rows, kept: Mapping[str, str], named: Mapping[str, str]) -> Matched:
    """Find each field's column: as named now, else as kept of the city's hotline, else guessed."""
    headers = list(rows.frame.columns)
    there = {name: header for name, header in kept.items() if header in headers}
    taken = set(named.values())
    there = {f: h for f, h in there.items() if f not in named and h not in taken}
    # "" says that a field has no column.
    chosen = {field: header for field, header in {**there, **named}.items() if header}
    found = match(headers, HOTLINE, chosen)
    none = {field for field, header in named.items() if not header}
    fields = {field: header for field, header in found.fields.items() if field not in none}
    return Matched(fields, tuple(h for h in headers if h not in fields.values()))


def lacking(found: Matched) -> tuple[str, ...]:
    """Return the fields without which no row can be used: number, what, where."""
    missing = [] if "number" in found.fields else ["number"]
    if not {"title", "text", "small"} & found.fields.keys():
        missing.append("title")
    if not {"address", "area"} & found.fields.keys():
        missing.append("address")
    return tuple(missing)


def field(name: str) -> Field:
    """Return a field of the table."""
    return next(field for field in HOTLINE.fields if field.name == name)
