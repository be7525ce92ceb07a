"""Buildings: footprints with use, floors and floor area."""

from gis.tables import building as table
from layers.catalog import references
from layers.layer import Aggregate, Dimension, Field, Layer

USES = {
    "residential": {"zh": "住宅", "en": "Residential"},
    "commercial": {"zh": "商业", "en": "Commercial"},
    "office": {"zh": "办公", "en": "Office"},
    "industrial": {"zh": "工业", "en": "Industrial"},
    "public": {"zh": "公共服务", "en": "Public"},
    "school": {"zh": "学校", "en": "School"},
    "hospital": {"zh": "医院", "en": "Hospital"},
    "transport": {"zh": "交通", "en": "Transport"},
    "other": {"zh": "其他", "en": "Other"},
    "unknown": {"zh": "未知", "en": "Unknown"},
}

BUILDINGS = Layer(
    id="buildings",
    names={"zh": "楼栋", "en": "Buildings"},
    table=table,
    fields=(
        Field(
            "key",
            {"zh": "楼栋编码", "en": "Building code"},
            required=True,
            synonyms=(
                "建筑物编码", "楼栋号", "楼栋编号", "建筑编号", "编号", "序号", "building_code",
                "building_id", "osm_id", "id", "key",
            ),
        ),
        references.UNIT,
        Field(
            "estate_id",
            {"zh": "小区编码", "en": "Estate code"},
            synonyms=("所属小区", "小区编号", "estate", "estate_code"),
        ),
        Field(
            "name",
            {"zh": "楼栋名称", "en": "Building name"},
            synonyms=("建筑物名称", "楼名", "楼栋", "名称", "building_name", "name"),
            on_map=True,
        ),
        Field(
            "address",
            {"zh": "地址", "en": "Address"},
            synonyms=("现住址", "门牌地址", "楼栋地址", "详细地址", "addr", "address"),
        ),
        Field(
            "use",
            {"zh": "用途", "en": "Use"},
            synonyms=(
                "建筑用途", "使用性质", "房屋用途", "建筑物用途", "building_use", "class", "type",
            ),
            on_map=True,
            words={
                "residential": (
                    "居住", "住宅楼", "宿舍", "house", "apartments", "dormitory", "detached",
                    "terrace", "bungalow", "hut",
                ),
                "commercial": ("商住", "商场", "酒店", "retail", "hotel", "supermarket", "kiosk"),
                "office": ("写字楼", "办公楼", "government"),
                "industrial": ("厂房", "仓库", "factory", "warehouse", "manufacture"),
                "public": (
                    "公共", "文化", "体育", "宗教", "civic", "temple", "church", "religious",
                    "sports_hall", "fire_station", "library", "museum", "community_centre",
                ),
                "school": ("教育", "university", "kindergarten", "college", "education"),
                "hospital": ("医疗", "clinic", "medical"),
                "transport": ("交通设施", "train_station", "transportation", "parking", "garage"),
                "other": ("附属", "roof", "shed", "service", "construction", "ruins", "greenhouse"),
                "unknown": ("", "yes", "building"),
            },
        ),
        Field(
            "floors",
            {"zh": "层数", "en": "Floors"},
            Aggregate.MEAN,
            measured_in="floors",
            synonyms=("楼层数", "地上层数", "总层数", "楼层", "building:levels", "floors"),
            on_map=True,
        ),
        Field(
            "year",
            {"zh": "建成年份", "en": "Year built"},
            Aggregate.MEAN,
            synonyms=("建成年代", "竣工年份", "建造年代", "year_built", "start_date", "year"),
            on_map=True,
        ),
        Field(
            "height_m",
            {"zh": "高度", "en": "Height"},
            Aggregate.MEAN,
            measured_in="m",
            synonyms=("建筑高度", "楼高", "height", "height_m"),
        ),
        Field(
            "floor_area_m2",
            {"zh": "建筑面积", "en": "Floor area"},
            Aggregate.SUM,
            measured_in="m²",
            synonyms=("总建筑面积", "楼面面积", "floor_area", "gfa", "floor_area_m2"),
        ),
        # Of a single building it would tell who is at home, so it is on no map: patterns add it up.
        Field(
            "day_people",
            {"zh": "昼间人口", "en": "People by day"},
            Aggregate.SUM,
            synonyms=(
                "日间人口", "白天人口", "白昼人口", "daytime_population", "day_population",
                "day_people",
            ),
        ),
        Field("source", {"zh": "来源", "en": "Source"}, synonyms=("数据来源", "source")),
    ),
    point="centre",
    sums=("floor_area_m2",),
    dimensions=(Dimension("use", {"zh": "用途", "en": "Use"}, "use", USES),),
    min_zoom=14,
)  # fmt: skip
