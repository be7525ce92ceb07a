"""Households: who lives together at one door; empty dwellings are no households."""

from gis.tables import household as table
from layers.catalog import references
from layers.layer import NEVER, Aggregate, Dimension, Draw, Field, Layer

TENURE = {
    "own": {"zh": "自住", "en": "Own"},
    "let": {"zh": "出租", "en": "Let"},
    "public": {"zh": "公租", "en": "Public housing"},
    "unknown": {"zh": "未知", "en": "Unknown"},
}

HOUSEHOLDS = Layer(
    id="households",
    names={"zh": "住户", "en": "Households"},
    table=table,
    fields=(
        Field(
            "key",
            {"zh": "户编号", "en": "Household number"},
            required=True,
            synonyms=("户号", "户编码", "家庭编号", "编号", "序号", "household_id", "id", "key"),
        ),
        references.UNIT_OF_HOME,
        references.BUILDING,
        Field(
            "entrance_id",
            {"zh": "单元编码", "en": "Entrance code"},
            synonyms=("单元", "单元号", "门牌编码", "entrance", "entrance_code"),
        ),
        Field(
            "room",
            {"zh": "户室", "en": "Room"},
            synonyms=("房号", "室号", "房间号", "door", "flat", "apartment"),
        ),
        Field(
            "count",
            {"zh": "户数", "en": "Number of households"},
            Aggregate.SUM,
            measured_in="households",
            synonyms=("households", "h_cnt"),
        ),
        Field(
            "tenure",
            {"zh": "房屋用途", "en": "House use"},
            synonyms=("居住类型", "房屋使用情况", "住房性质", "house_use"),
            words={
                "own": ("自有", "自购", "自住房"),
                "let": ("租赁", "出租屋", "租房", "rented"),
                "public": ("公租房", "廉租", "保障房"),
                "unknown": ("",),
            },
        ),
        Field(
            "since",
            {"zh": "登记日期", "en": "Here since"},
            synonyms=("迁入日期", "入住日期", "since", "moved_in"),
        ),
    ),
    is_personal=True,
    weight="count",
    dimensions=(
        Dimension("tenure", {"zh": "房屋用途", "en": "House use"}, "tenure", TENURE),
    ),
    since="since",
    # A household is a home of persons: never a point on the map.
    min_zoom=NEVER,
    below_min_zoom=Draw.CELLS,
)  # fmt: skip
