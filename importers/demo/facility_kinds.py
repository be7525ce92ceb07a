"""The kinds of facilities of the invented city: how many there are, where, and for how many."""

from __future__ import annotations

from dataclasses import dataclass

# East of here the district is young: the share of its people that live further west.
EAST_FROM = 0.7

_HOMES, _SHOPS = ("residential",), ("commercial", "residential")
_WORK = ("office", "commercial")
_PUBLIC = ("public", "office", "commercial")
_CIVIC = ("public", "residential")


@dataclass(frozen=True)
class Kind:
    """How many there are of a kind of facility, and what they are like."""

    key: str
    per_100k: float
    # Uses of buildings it may lie in, or of places: park, road, junction, square.
    uses: tuple[str, ...]
    # Endings of its name after the place's; drawn evenly.
    names: tuple[str, ...]
    operator: str
    # Least and most places, beds, seats; (0, 0) = it holds nobody.
    capacity: tuple[int, int] = (0, 0)
    # The least distance between two.
    apart_m: float = 0.0
    # What is left of them in the east.
    east: float = 1.0
    planned: float = 0.01
    closed: float = 0.01


# The one table of how many there are; counts for 100,000 people.
KINDS = (
    Kind("health_centre", 5.8, _CIVIC, ("社区健康服务中心",), "区卫生健康局", (60, 260), 350, 0.5),
    Kind("clinic", 24, _SHOPS, ("门诊部", "口腔诊所", "中医诊所"), "民营", (10, 60)),
    Kind("hospital", 1.5, ("hospital",), ("医院", "妇幼保健院", "中医院"),
         "区卫生健康局", (180, 1600), 0),
    Kind("pharmacy", 32, _SHOPS, ("大药房", "药店"), "民营"),
    Kind("kindergarten", 9.5, ("residential", "school", "public"), ("幼儿园",),
         "区教育局", (150, 420), 180, 0.85),
    Kind("childcare", 5, _CIVIC, ("托育中心", "托育园"), "民营", (30, 120), 150, 0.45),
    Kind("primary_school", 4.6, ("school",), ("小学", "实验小学"),
         "区教育局", (900, 2200), 0, 0.8),
    Kind("middle_school", 2.6, ("school",), ("中学", "实验学校"), "区教育局", (1000, 2800), 0),
    Kind("elderly_care", 6.2, _CIVIC, ("长者服务站", "日间照料中心", "养老院", "长者饭堂"),
         "区民政局", (20, 180), 250, 0.35, 0.03),
    Kind("welfare", 0.5, ("public", "residential"), ("社会福利院", "儿童福利院", "救助站"),
         "区民政局", (60, 300), 800),
    Kind("culture", 5.6, _CIVIC, ("文化活动站", "文体中心", "文化馆"),
         "区文化局", (60, 500), 300, 0.55),
    Kind("library", 4.2, _CIVIC, ("图书馆", "自助图书馆", "书吧"), "区文化局", (20, 400), 300, 0.6),
    Kind("sport", 11, ("park", "school", "residential", "public"),
         ("运动场", "篮球场", "健身房", "体育馆", "游泳馆"),
         "区文体局", (30, 800), 150, 0.7),
    Kind("food_market", 4.2, _SHOPS, ("农贸市场", "肉菜市场", "街市"),
         "市场管理公司", (30, 180), 350, 0.4),
    Kind("shop", 95, _SHOPS, ("便利店", "超市", "生活超市"), "民营"),
    Kind("restaurant", 110, _SHOPS, ("茶餐厅", "面馆", "小厨", "饭店"), "民营", (20, 220)),
    Kind("bank", 13, _WORK, ("支行",), "银行"),
    Kind("post", 1.8, _PUBLIC, ("邮政所",), "邮政公司", (0, 0), 700),
    Kind("park", 7.5, ("park",), ("公园", "社区公园", "口袋公园"), "区城管局", (0, 0), 120),
    Kind("community_service", 6.2, _CIVIC, ("党群服务中心",), "街道办事处", (40, 240), 280),
    Kind("government", 1.4, ("public", "office"), ("街道办事处", "政务服务中心", "税务所"),
         "区政府", (0, 0), 300),
    Kind("worship", 0.5, ("public", "residential"), ("古庙", "祠堂"), "居民理事会", (0, 0), 600),
    Kind("metro", 3.4, ("junction", "road"), ("站",),
         "地铁公司", (0, 0), 850, 0.75, 0.05, 0.0),
    Kind("bus_stop", 78, ("road", "junction"), ("路口", "公交站", "小区站", "市场站"),
         "公交公司", (0, 0), 60),
    Kind("parking", 62, ("residential", "office", "commercial", "public"),
         ("停车场", "地下车库", "停车楼"),
         "物业公司", (30, 900)),
    Kind("fuel", 1.1, ("road", "junction", "industrial"), ("加油站",),
         "石油公司", (4, 16), 900),
    Kind("charging", 24, ("residential", "commercial", "office", "industrial"), ("充电站",),
         "充电服务公司", (4, 60), 60, 0.6, 0.05),
    Kind("police_station", 1.1, _PUBLIC, ("派出所", "警务室"), "区公安分局", (0, 0), 600),
    Kind("fire_station", 1.0, _PUBLIC, ("消防救援站", "小型消防站"),
         "区消防救援大队", (15, 60), 900, 0.5),
    Kind("emergency_shelter", 11, ("park", "square", "school", "public"), ("应急避难场所",),
         "区应急管理局", (200, 3500), 150, 0.55),
    Kind("fixed_shelter", 2.2, ("school", "public"), ("室内应急避难场所",),
         "区应急管理局", (300, 2600), 300, 0.4),
    Kind("air_raid_shelter", 2.4, ("residential", "office", "public"), ("人防工程",),
         "区人防办", (300, 4000), 400),
    Kind("aed", 44, ("public", "school", "office", "commercial", "residential", "junction"),
         ("AED",),
         "区红十字会", (0, 0), 40, 0.6),
    Kind("hydrant", 105, ("road", "junction"), ("市政消火栓",), "自来水公司", (0, 0), 50),
    Kind("toilet", 16, ("park", "square", "commercial", "road", "public"), ("公共厕所",),
         "区城管局", (4, 30), 120, 0.7),
    Kind("waste", 40, _HOMES, ("垃圾分类投放点",), "物业公司", (0, 0), 40),
)  # fmt: skip
