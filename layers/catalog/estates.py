"""Estates 小区: what people call the place they live in, with its other names."""

from gis.tables import estate as table
from layers.layer import Dimension, Field, Layer

KINDS = {
    "garden_estate": {"zh": "花园小区", "en": "Garden estate"},
    "old_estate": {"zh": "老旧小区", "en": "Old estate"},
    "urban_village": {"zh": "城中村", "en": "Urban village"},
    "mixed": {"zh": "混合", "en": "Mixed"},
}

ESTATES = Layer(
    id="estates",
    names={"zh": "小区", "en": "Estates"},
    table=table,
    fields=(
        Field(
            "key",
            {"zh": "小区编码", "en": "Estate code"},
            required=True,
            synonyms=("小区编号", "小区代码", "编号", "序号", "estate_code", "id", "key"),
        ),
        Field(
            "names",
            {"zh": "小区名称", "en": "Estate name"},
            required=True,
            synonyms=("小区名", "小区", "楼盘", "楼盘名称", "名称", "estate_name", "name"),
            on_map=True,
        ),
        Field(
            "aliases",
            {"zh": "别名", "en": "Other names"},
            synonyms=("曾用名", "俗称", "又名", "alias", "aliases"),
        ),
        Field(
            "kind",
            {"zh": "小区类型", "en": "Kind of estate"},
            synonyms=("类型", "小区类别", "estate_type", "type", "kind"),
            on_map=True,
            words={
                "garden_estate": ("商品房", "商品房小区", "花园"),
                "old_estate": ("老旧", "旧住宅区"),
                "urban_village": ("城中村片区", "村"),
                "mixed": ("", "其他", "混合小区"),
            },
        ),
        Field("address", {"zh": "地址", "en": "Address"}, synonyms=("小区地址", "门牌地址")),
    ),
    point="centre",
    dimensions=(Dimension("kind", {"zh": "小区类型", "en": "Kind of estate"}, "kind", KINDS),),
    min_zoom=12,
)  # fmt: skip
