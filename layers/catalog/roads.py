"""Roads: the network people walk and drive on; drawn, not counted."""

from gis.tables import road as table
from layers.layer import Aggregate, Field, Layer

KINDS = {
    "motorway": {"zh": "高速公路", "en": "Motorway"},
    "trunk": {"zh": "快速路", "en": "Trunk road"},
    "primary": {"zh": "主干路", "en": "Primary road"},
    "secondary": {"zh": "次干路", "en": "Secondary road"},
    "tertiary": {"zh": "支路", "en": "Tertiary road"},
    "residential": {"zh": "居住区道路", "en": "Residential road"},
    "service": {"zh": "内部道路", "en": "Service road"},
    "path": {"zh": "步行道", "en": "Path"},
}

ROADS = Layer(
    id="roads",
    names={"zh": "道路", "en": "Roads"},
    table=table,
    fields=(
        Field(
            "key",
            {"zh": "道路编号", "en": "Road number"},
            required=True,
            synonyms=("路段编号", "道路编码", "编号", "edge_id", "osm_id", "id", "key"),
        ),
        Field(
            "name",
            {"zh": "道路名称", "en": "Road name"},
            synonyms=("路名", "街路名称", "名称", "road_name", "name"),
            on_map=True,
        ),
        Field(
            "kind",
            {"zh": "道路等级", "en": "Class of road"},
            required=True,
            synonyms=("道路类型", "等级", "类型", "highway", "class", "fclass", "kind"),
            on_map=True,
            words={
                "motorway": ("motorway_link",),
                "trunk": ("trunk_link", "快速"),
                "primary": ("primary_link", "主干道"),
                "secondary": ("secondary_link", "次干道"),
                "tertiary": ("tertiary_link", "unclassified", "road"),
                "residential": ("living_street",),
                "service": ("track",),
                "path": ("footway", "steps", "cycleway", "pedestrian", "bridleway", "corridor"),
            },
        ),
        Field("walk", {"zh": "可步行", "en": "Walkable"}, synonyms=("walk", "foot")),
        Field("drive", {"zh": "可驾车", "en": "Drivable"}, synonyms=("drive", "motor_vehicle")),
        Field("oneway", {"zh": "单行", "en": "One way"}, synonyms=("单行道", "oneway")),
        Field(
            "passes",
            {"zh": "桥梁或隧道", "en": "Bridge or tunnel"},
            synonyms=("桥隧", "passes"),
            on_map=True,
        ),
        Field(
            "speed_kmh",
            {"zh": "限速", "en": "Speed limit"},
            Aggregate.MEAN,
            measured_in="km/h",
            synonyms=("限速值", "maxspeed", "speed"),
        ),
        Field(
            "length_m",
            {"zh": "长度", "en": "Length"},
            Aggregate.SUM,
            measured_in="m",
            synonyms=("路段长度", "length", "length_m"),
        ),
    ),
    is_counted=False,
    # A road is drawn from the zoom on at which its class is told from its neighbours.
    drawn=(
        "CASE kind WHEN 'motorway' THEN 6 WHEN 'trunk' THEN 7 WHEN 'primary' THEN 8 "
        "WHEN 'secondary' THEN 10 WHEN 'tertiary' THEN 12 WHEN 'residential' THEN 13 "
        "ELSE 14 END <= :z"
    ),
)
