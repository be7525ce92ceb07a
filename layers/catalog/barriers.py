"""Barriers: rivers, railways and walls that streets do not lead through; not counted."""

from gis.tables import barrier as table
from layers.layer import Field, Layer

KINDS = {
    "river": {"zh": "河流", "en": "River"},
    "railway": {"zh": "铁路", "en": "Railway"},
    "wall": {"zh": "围墙", "en": "Wall"},
}

BARRIERS = Layer(
    id="barriers",
    names={"zh": "阻隔线", "en": "Barriers"},
    table=table,
    fields=(
        Field(
            "key",
            {"zh": "编号", "en": "Number"},
            required=True,
            synonyms=("阻隔编号", "osm_id", "id", "key"),
        ),
        Field(
            "name",
            {"zh": "名称", "en": "Name"},
            synonyms=("阻隔名称", "name"),
            on_map=True,
        ),
        Field(
            "kind",
            {"zh": "类型", "en": "Kind"},
            synonyms=("阻隔类型", "class", "fclass", "kind"),
            on_map=True,
            words={
                "river": ("河", "河道", "canal", "waterway"),
                "railway": ("轨道", "rail", "light_rail"),
                "wall": ("围栏", "栅栏", "fence", "city_wall", "retaining_wall", "guard_rail"),
            },
        ),
    ),
    is_counted=False,
    # Walls are told from streets at the zoom at which houses are.
    drawn="CASE kind WHEN 'wall' THEN 15 ELSE 11 END <= :z",
)
