"""Green: parks, woods, farmland and grass of the basemap; drawn, not counted."""

from gis.tables import green as table
from layers.layer import Field, Layer

KINDS = {
    "park": {"zh": "公园", "en": "Park"},
    "wood": {"zh": "林地", "en": "Wood"},
    "farmland": {"zh": "农田", "en": "Farmland"},
    "grass": {"zh": "草地", "en": "Grass"},
}

GREEN = Layer(
    id="green",
    names={"zh": "绿地", "en": "Green"},
    table=table,
    fields=(
        Field(
            "key",
            {"zh": "编号", "en": "Number"},
            required=True,
            synonyms=("绿地编号", "osm_id", "id", "key"),
        ),
        Field(
            "name",
            {"zh": "名称", "en": "Name"},
            synonyms=("绿地名称", "公园名称", "name"),
            on_map=True,
        ),
        Field(
            "kind",
            {"zh": "类型", "en": "Kind"},
            synonyms=("绿地类型", "class", "fclass", "kind"),
            on_map=True,
            words={
                "park": ("garden", "playground", "公园绿地"),
                "wood": ("森林", "forest", "scrub"),
                "farmland": ("耕地", "orchard", "farm"),
                "grass": ("绿化带", "", "meadow", "recreation_ground", "grassland"),
            },
        ),
    ),
    is_counted=False,
    # Nothing smaller than two by two pixels of the tile, and all of it from zoom 14 on.
    drawn=":z >= 14 OR ST_Area(geom) > 4 * power(360 / (256 * power(2, :z)), 2)",
)
