"""Incidents 事件: what happened where and when, and how far it has been dealt with."""

from gis.tables import incident as table
from layers.catalog import references
from layers.layer import Dimension, Draw, Field, Layer

SEVERITIES = {
    "ordinary": {"zh": "一般", "en": "Ordinary"},
    "larger": {"zh": "较大", "en": "Major"},
    "serious": {"zh": "重大", "en": "Serious"},
    "extreme": {"zh": "特别重大", "en": "Extreme"},
}
STAGES = {
    "report": {"zh": "信息采集", "en": "Reported"},
    "register": {"zh": "案卷建立", "en": "Registered"},
    "dispatch": {"zh": "任务派遣", "en": "Dispatched"},
    "handle": {"zh": "任务处理", "en": "Being handled"},
    "feed_back": {"zh": "处理反馈", "en": "Fed back"},
    "check": {"zh": "核查结案", "en": "Being checked"},
    "closed": {"zh": "已结", "en": "Closed"},
}
STATUSES = {
    "open": {"zh": "未结", "en": "Open"},
    "closed": {"zh": "已结", "en": "Closed"},
}
SOURCES = {
    "hotline": {"zh": "热线", "en": "Hotline"},
    "patrol": {"zh": "网格巡查", "en": "Patrol"},
    "device": {"zh": "感知设备", "en": "Device"},
    "app": {"zh": "随手拍", "en": "App"},
    "police": {"zh": "警方", "en": "Police"},
    "permit": {"zh": "许可", "en": "Permit"},
    "inspection": {"zh": "检查", "en": "Inspection"},
    "other": {"zh": "其他", "en": "Other"},
}

INCIDENTS = Layer(
    id="incidents",
    names={"zh": "事件", "en": "Incidents"},
    table=table,
    fields=(
        Field(
            "key",
            {"zh": "事件编号", "en": "Incident number"},
            required=True,
            synonyms=(
                "案件编号", "案卷编号", "工单编号", "工单号", "任务号", "编号", "序号", "case_id",
                "incident_id", "id", "key",
            ),
        ),
        references.UNIT,
        Field(
            "scheme",
            {"zh": "分类标准", "en": "Scheme of classes"},
            synonyms=("标准", "分类体系", "scheme"),
            on_map=True,
        ),
        Field(
            "big",
            {"zh": "大类", "en": "Big class"},
            required=True,
            synonyms=("事件大类", "大类代码", "大类编码", "大类名称", "主灾情类型名称", "big"),
            on_map=True,
        ),
        Field(
            "small",
            {"zh": "小类", "en": "Small class"},
            required=True,
            synonyms=(
                "事件小类", "小类代码", "小类编码", "小类名称", "案件类型", "灾情细项", "事故类型",
                "事件类型", "small_class", "class", "category",
            ),
            on_map=True,
        ),
        Field(
            "severity",
            {"zh": "严重程度", "en": "Severity"},
            synonyms=("事件等级", "紧急程度", "等级", "severity"),
            on_map=True,
            words={
                "ordinary": ("", "普通", "一般事件", "1"),
                "larger": ("较大事件", "major", "2"),
                "serious": ("重大事件", "3"),
                "extreme": ("特大", "4"),
            },
        ),
        Field(
            "stage",
            {"zh": "阶段", "en": "Stage"},
            synonyms=("办理阶段", "当前阶段", "状态", "案件状态", "status", "stage"),
            on_map=True,
            words={
                "report": ("采集", "上报", "受理", "待受理"),
                "register": ("立案", "待派遣", "建案"),
                "dispatch": ("派遣", "已派遣", "待处理"),
                "handle": ("处理", "处置", "处理中", "处置中"),
                "feed_back": ("反馈", "已处理", "已处置"),
                "check": ("核查", "待核查", "待结案"),
                "closed": ("", "结案", "已结案", "办结", "已办结", "综合评价"),
            },
        ),
        Field("title", {"zh": "标题", "en": "Title"}, synonyms=("事件标题", "主题", "title")),
        Field(
            "address",
            {"zh": "地址", "en": "Address"},
            synonyms=("事发地址", "发生地点", "地点", "位置", "案发地址", "addr", "address"),
        ),
        Field(
            "source",
            {"zh": "来源", "en": "Source"},
            synonyms=("事件来源", "案件来源", "上报渠道", "通报单位", "source"),
            words={
                "hotline": ("12345", "1999", "电话", "市民热线"),
                "patrol": ("巡查", "网格员上报", "网格员"),
                "device": ("物联网", "传感器", "视频"),
                "app": ("公众号", "微信", "小程序"),
                "police": ("110", "警察局"),
                "permit": ("施工许可",),
                "inspection": ("联合检查",),
                "other": ("", "其它"),
            },
        ),
        Field(
            "reported_at",
            {"zh": "上报时间", "en": "Reported at"},
            required=True,
            synonyms=(
                "事发时间", "发生时间", "发生日期", "成案时间", "受理时间", "灾情发生时间",
                "起始日期", "采集时间", "reported_at", "created_at", "time", "date",
            ),
        ),
        Field(
            "registered_at",
            {"zh": "立案时间", "en": "Registered at"},
            synonyms=("建案时间", "registered_at"),
        ),
        Field(
            "dispatched_at",
            {"zh": "派遣时间", "en": "Dispatched at"},
            synonyms=("派单时间", "dispatched_at"),
        ),
        Field(
            "due_at",
            {"zh": "办理时限", "en": "Due at"},
            synonyms=("处置时限", "截止时间", "到期时间", "结束日期", "due_at", "deadline"),
        ),
        Field(
            "handled_at",
            {"zh": "处置时间", "en": "Handled at"},
            synonyms=("处理时间", "反馈时间", "handled_at"),
        ),
        Field(
            "closed_at",
            {"zh": "结案时间", "en": "Closed at"},
            synonyms=("办结时间", "closed_at"),
        ),
        Field(
            "returned",
            {"zh": "返工次数", "en": "Times returned"},
            synonyms=("退回次数", "返工", "returned"),
        ),
    ),
    dimensions=(
        # A code is ambiguous without its scheme: editions swap 04 and 05.
        Dimension("big", {"zh": "大类", "en": "Big class"}, "scheme || '/' || big"),
        Dimension("small", {"zh": "小类", "en": "Small class"}, "scheme || '/' || small"),
        Dimension("severity", {"zh": "严重程度", "en": "Severity"}, "severity", SEVERITIES),
        Dimension("stage", {"zh": "阶段", "en": "Stage"}, "stage", STAGES),
        # Overdue depends on the moment and is never stored: see `layers.live`.
        Dimension(
            "status",
            {"zh": "状态", "en": "Status"},
            "CASE WHEN stage = 'closed' THEN 'closed' ELSE 'open' END",
            STATUSES,
        ),
        Dimension("source", {"zh": "来源", "en": "Source"}, "source", SOURCES),
    ),
    time="reported_at",
    series=("big",),
    cell_parts=(("status", "open"),),
    # Closed ones, a hundred to an open one, join where a street fills the screen.
    drawn="stage <> 'closed' OR :z >= 16",
    min_zoom=14,
    below_min_zoom=Draw.CELLS,
)  # fmt: skip
