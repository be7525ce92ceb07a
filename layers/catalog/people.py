"""People: a row is a person, or a group alike in age, sex and kind at one place."""

from gis.tables import people as table
from layers.catalog import references
from layers.layer import NEVER, Aggregate, Dimension, Draw, Field, Layer

AGE_BANDS = 21
"""Five-year bands; the last is 100 and over."""

SEXES = {
    "male": {"zh": "男", "en": "Male"},
    "female": {"zh": "女", "en": "Female"},
    "unknown": {"zh": "未知", "en": "Unknown"},
}
RESIDENCE = {
    "registered": {"zh": "户籍", "en": "Registered"},
    "migrant": {"zh": "流动", "en": "Migrant"},
    "abroad": {"zh": "境外", "en": "From abroad"},
    "unknown": {"zh": "未知", "en": "Unknown"},
}
# In the order of the bits of the column `care`: 1, 2, 4 …
CARE = {
    "living_alone": {"zh": "独居老人", "en": "Older people living alone"},
    "aged_80": {"zh": "高龄（80 岁以上）", "en": "Aged 80 and over"},
    "needs_care": {"zh": "失能", "en": "Unable to care for oneself"},
    "disabled": {"zh": "残疾", "en": "Disabled"},
    "low_income": {"zh": "低保", "en": "Low income"},
    "child_hardship": {"zh": "困境儿童", "en": "Children in hardship"},
}

# Bands that five-year bands add up to: what everybody may see of a grid.
AGE_GROUPS = {
    "0_14": {"zh": "0–14 岁", "en": "0–14"},
    "15_59": {"zh": "15–59 岁", "en": "15–59"},
    "60": {"zh": "60 岁以上", "en": "60 and over"},
}
AGE_GROUP_BANDS = {"0_14": range(3), "15_59": range(3, 12), "60": range(12, AGE_BANDS)}

# Five-year bands people of a care group are of: whoever knows those knows something of the group.
CARE_AGES = {
    "living_alone": range(12, AGE_BANDS),
    "aged_80": range(16, AGE_BANDS),
    "child_hardship": range(4),
}


def _age(band: int) -> dict[str, str]:
    first = 5 * band
    if band == AGE_BANDS - 1:
        return {"zh": f"{first} 岁以上", "en": f"{first} and over"}
    return {"zh": f"{first}–{first + 4} 岁", "en": f"{first}–{first + 4}"}


AGES = {str(band): _age(band) for band in range(AGE_BANDS)}

PEOPLE = Layer(
    id="people",
    names={"zh": "人口", "en": "People"},
    table=table,
    fields=(
        Field(
            "key",
            {"zh": "人员编号", "en": "Person number"},
            required=True,
            synonyms=("人员编码", "人口编号", "人口编码", "编号", "序号", "person_id", "id", "key"),
        ),
        references.UNIT_OF_HOME,
        Field(
            "household_id",
            {"zh": "户编号", "en": "Household number"},
            synonyms=("户号", "家庭编号", "户编码", "household", "household_key"),
        ),
        references.BUILDING,
        Field(
            "count",
            {"zh": "人数", "en": "Number of people"},
            Aggregate.SUM,
            measured_in="people",
            synonyms=("人口数", "人口", "population", "people", "persons", "p_cnt"),
        ),
        Field(
            "age_band",
            {"zh": "年龄", "en": "Age"},
            measured_in="five-year band",
            synonyms=("年龄段", "年龄组", "周岁", "出生日期", "age", "age_group", "birth_date"),
        ),
        Field(
            "sex",
            {"zh": "性别", "en": "Sex"},
            synonyms=("gender",),
            words={
                "male": ("m", "1", "男性"),
                "female": ("f", "2", "女性"),
                "unknown": ("", "0", "9", "未说明"),
            },
        ),
        Field(
            "residence",
            {"zh": "户籍类型", "en": "Residence type"},
            synonyms=("人口类型", "人员类型", "人员类别", "residence_type"),
            words={
                "registered": ("户籍人口", "常住户籍", "户籍人员", "本地"),
                "migrant": ("流动人口", "非户籍", "非深户", "外来", "暂住"),
                "abroad": ("境外人员", "境外人口", "外籍", "港澳台"),
                "unknown": ("",),
            },
        ),
        Field(
            "care",
            {"zh": "关爱类别", "en": "Care groups"},
            synonyms=("关爱对象", "关爱类型", "care_groups"),
            words={
                "living_alone": ("独居", "空巢", "空巢老人", "独居/空巢老人"),
                "aged_80": ("高龄", "80岁以上", "高龄老人"),
                "needs_care": ("失能老人", "失能人员"),
                "disabled": ("残疾人",),
                "low_income": ("低保户", "低收入", "低保人员"),
                "child_hardship": ("困境未成年人",),
            },
        ),
        Field(
            "since",
            {"zh": "登记日期", "en": "Here since"},
            synonyms=("迁入日期", "入住日期", "来本地日期", "since", "moved_in"),
        ),
    ),
    is_personal=True,
    weight="count",
    dimensions=(
        Dimension("age", {"zh": "年龄", "en": "Age"}, "CAST(age_band AS text)", AGES),
        Dimension(
            "age_group",
            {"zh": "年龄段", "en": "Age group"},
            "CASE WHEN age_band >= 12 THEN '60' WHEN age_band >= 3 THEN '15_59' "
            "WHEN age_band >= 0 THEN '0_14' END",
            AGE_GROUPS,
        ),
        Dimension("sex", {"zh": "性别", "en": "Sex"}, "sex", SEXES),
        Dimension("residence", {"zh": "户籍类型", "en": "Residence type"}, "residence", RESIDENCE),
        Dimension(
            "care", {"zh": "关爱对象", "en": "People in care"}, "care", CARE, is_partition=False
        ),
        # The pyramid: people of unknown sex are in the total and in `sex`, not here.
        Dimension(
            "age_sex",
            {"zh": "年龄性别", "en": "Age and sex"},
            "CASE WHEN sex <> 'unknown' THEN sex || '/' || CAST(age_band AS text) END",
            {
                f"{sex}/{age}": {
                    "zh": f"{SEXES[sex]['zh']} {names['zh']}",
                    "en": f"{SEXES[sex]['en']}, {names['en']}",
                }
                for sex in ("male", "female")
                for age, names in AGES.items()
            },
        ),
    ),
    since="since",
    # Persons are never points on the map.
    min_zoom=NEVER,
    below_min_zoom=Draw.CELLS,
)  # fmt: skip
