"""Public land: plots of the city's own where a facility may be built; not counted."""

from gis.tables import land as table
from layers.layer import Field, Layer

LAND = Layer(
    id="land",
    names={"zh": "公共用地", "en": "Public land"},
    table=table,
    fields=(
        Field(
            "key",
            {"zh": "地块编号", "en": "Plot number"},
            required=True,
            synonyms=("宗地编号", "宗地代码", "地块编码", "编号", "osm_id", "id", "key"),
        ),
        Field(
            "name",
            {"zh": "名称", "en": "Name"},
            synonyms=("地块名称", "地块", "宗地名称", "plot", "name"),
            on_map=True,
        ),
        Field(
            "use",
            {"zh": "规划用途", "en": "Meant for"},
            synonyms=("用地性质", "用途", "用地类型", "地类名称", "land_use", "landuse", "use"),
            on_map=True,
        ),
        Field(
            "owner",
            {"zh": "权属单位", "en": "Owner"},
            synonyms=("权利人", "权属", "使用权人", "管理单位", "所有权人", "owner"),
            on_map=True,
        ),
        Field(
            "address",
            {"zh": "坐落", "en": "Address"},
            synonyms=("地址", "位置", "详细地址", "土地坐落", "addr", "address"),
        ),
        Field(
            "area_m2",
            {"zh": "面积", "en": "Area"},
            measured_in="m²",
            synonyms=("用地面积", "宗地面积", "地块面积", "占地面积", "area", "area_m2"),
            on_map=True,
        ),
        Field(
            "cost",
            {"zh": "建设费用", "en": "Cost of building"},
            synonyms=("造价", "费用", "投资", "预算", "cost", "price"),
        ),
    ),
    is_counted=False,
    min_zoom=11,
)
