"""Columns by which files say where rows belong: in which unit, in which building."""

from layers.layer import Field

UNIT = Field(
    "unit_id",
    {"zh": "网格编码", "en": "Unit code"},
    synonyms=("网格代码", "网格编号", "所属网格", "微网格编码", "grid_code", "unit_code"),
)
UNIT_OF_HOME = Field(
    "unit_id",
    {"zh": "网格编码", "en": "Unit code"},
    synonyms=(
        "网格代码", "网格编号", "所属网格", "微网格编码", "社区编码", "所属社区",
        "社区名称", "村居", "grid_code", "unit_code", "unit",
    ),
)  # fmt: skip
"""Of persons often no more is known than the community."""
BUILDING = Field(
    "building_id",
    {"zh": "楼栋编码", "en": "Building code"},
    synonyms=("建筑物编码", "楼栋号", "楼栋编号", "building", "building_code"),
)
