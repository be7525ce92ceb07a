"""Water: sea, rivers, lakes and canals of the basemap; drawn, not counted."""

from gis.tables import water as table
from layers.layer import Field, Layer

KINDS = {
    "sea": {"zh": "海", "en": "Sea"},
    "river": {"zh": "河流", "en": "River"},
    "lake": {"zh": "湖泊", "en": "Lake"},
    "canal": {"zh": "渠道", "en": "Canal"},
}

WATER = Layer(
    id="water",
    names={"zh": "水体", "en": "Water"},
    table=table,
    fields=(
        Field(
            "key",
            {"zh": "编号", "en": "Number"},
            required=True,
            synonyms=("水体编号", "osm_id", "id", "key"),
        ),
        Field(
            "name",
            {"zh": "名称", "en": "Name"},
            synonyms=("水体名称", "河流名称", "name"),
            on_map=True,
        ),
        Field(
            "kind",
            {"zh": "类型", "en": "Kind"},
            synonyms=("水体类型", "class", "fclass", "kind"),
            on_map=True,
            words={
                "sea": ("海域", "bay", "coastline"),
                "river": ("河", "江", "stream", "riverbank"),
                "lake": ("湖", "水库", "池塘", "", "water", "reservoir", "pond"),
                "canal": ("渠", "drain", "ditch"),
            },
        ),
    ),
    is_counted=False,
    # Nothing smaller than two by two pixels of the tile, and all of it from zoom 14 on.
    drawn=":z >= 14 OR ST_Area(geom) > 4 * power(360 / (256 * power(2, :z)), 2)",
)
