"""What happens in the invented city: classes of events and components, and how each behaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import pandas as pd

EVENTS = "gbt30428-event"
COMPONENTS = "gbt30428-component"


class Setting(IntEnum):
    """What surrounds a place."""

    STREET = 0
    VILLAGE = 1
    ESTATE = 2
    SITE = 3
    CENTRE = 4


class Rhythm(IntEnum):
    """When it happens: by day, in the evening, in the morning, at any hour, in storms."""

    DAY = 0
    NIGHT = 1
    MORNING = 2
    ANY = 3
    STORM = 4


# After the frame of GB/T 30428.2: big classes of events and of components.
BIG = (
    (EVENTS, "01", "市容环境", "City appearance"),
    (EVENTS, "02", "宣传广告", "Posters and advertising"),
    (EVENTS, "03", "施工管理", "Construction"),
    (EVENTS, "04", "街面秩序", "Street order"),
    (EVENTS, "05", "突发事件", "Emergencies"),
    (EVENTS, "06", "其他事件", "Other events"),
    (COMPONENTS, "01", "公用设施", "Utilities"),
    (COMPONENTS, "02", "交通设施", "Traffic facilities"),
    (COMPONENTS, "03", "市容环境设施", "Sanitation facilities"),
    (COMPONENTS, "04", "园林绿化设施", "Planting facilities"),
    (COMPONENTS, "05", "其他部件", "Other components"),
)


@dataclass(frozen=True)
class SmallClass:
    """A small class and how it behaves."""

    scheme: str
    big: str
    code: str
    zh: str
    en: str
    # Share among all incidents, in no particular unit.
    weight: float
    rhythm: Rhythm
    # How readily it happens in each `Setting`: street, village, estate, site, centre.
    at: tuple[float, ...]
    # Working hours to handle it; of an emergency hours by the wall clock.
    limit_hours: int
    # What a report says after the place.
    texts: tuple[str, ...]

    @property
    def is_urgent(self) -> bool:
        """Whether the clock runs at night and on holidays."""
        return (self.scheme, self.big) == (EVENTS, "05") or self.limit_hours <= 2


_ANYWHERE = (1.0, 1.0, 1.0, 0.3, 1.0)
_ROADS = (3.0, 0.7, 0.3, 0.4, 1.5)
_HOMES = (0.3, 1.7, 1.4, 0.1, 0.6)
_CROWDED = (0.8, 3.0, 0.5, 0.1, 1.8)
_SHOPS = (1.0, 1.3, 0.2, 0.1, 3.5)
_SITES = (0.5, 0.2, 0.1, 9.0, 0.3)

_D, _N, _M, _A, _S = Rhythm.DAY, Rhythm.NIGHT, Rhythm.MORNING, Rhythm.ANY, Rhythm.STORM
_Row = tuple[str, str, float, Rhythm, tuple[float, ...], int, str]

# zh, en, weight, rhythm, settings, hours, texts parted by a bar.
_SMALL: dict[tuple[str, str], tuple[_Row, ...]] = {
    (EVENTS, "01"): (
        ("暴露垃圾", "Exposed rubbish", 9.0, _M, _CROWDED, 16, "垃圾无人清理|垃圾堆放外溢"),
        ("积存建筑垃圾", "Building rubble", 3.2, _D, _ANYWHERE, 40, "装修垃圾未清|建筑垃圾堆放"),
        ("道路不洁", "Dirty road", 3.5, _M, _ROADS, 16, "路面有油污|路面泥沙未清扫"),
        ("占道堆放", "Things piled on the way", 4.6, _D, _CROWDED, 24, "杂物占道堆放|货物占道"),
        ("油烟污染", "Cooking fumes", 1.8, _N, _SHOPS, 56, "餐饮油烟扰民|油烟直排"),
        ("污水外溢", "Sewage overflow", 1.6, _S, _CROWDED, 16, "污水外溢有异味|化粪池满溢"),
        ("乱晾晒", "Laundry in the street", 1.1, _D, _CROWDED, 16, "绿化带晾晒衣物|违规拉绳晾晒"),
        ("楼道堆物", "Corridor blocked", 3.4, _D, _HOMES, 40, "楼道堆放杂物|消防通道被占"),
        ("水域不洁", "Dirty water", 0.6, _D, (1.5, 0.6, 0.5, 0.2, 0.5), 40, "河面漂浮物|水体发黑"),
        ("病媒生物", "Pests", 0.7, _D, _HOMES, 56, "蚊虫孳生|发现鼠迹"),
    ),
    (EVENTS, "02"): (
        ("非法张贴小广告", "Illegal posters", 4.4, _D, _CROWDED, 16, "张贴小广告|电线杆贴满广告"),
        ("违章悬挂广告牌", "Illegal signboard", 0.9, _D, _SHOPS, 56, "违规广告牌|横幅未审批"),
        ("占道广告牌", "Signboard on the pavement", 1.5, _D, _SHOPS, 16, "灯箱占道|广告牌占道"),
        ("广告牌破损", "Broken signboard", 0.8, _S, _SHOPS, 40, "招牌松动有坠落危险|广告牌破损"),
        ("街头散发广告", "Leaflets handed out", 0.7, _D, _SHOPS, 8, "有人散发传单|插发小卡片"),
        ("涂写喷绘", "Graffiti", 0.5, _D, _CROWDED, 24, "墙面被涂写|卷闸门喷绘"),
    ),
    (EVENTS, "03"): (
        ("施工噪声扰民", "Construction noise", 3.6, _N, _SITES, 8, "夜间施工噪声大|打桩噪声扰民"),
        ("工地扬尘", "Dust from a site", 1.7, _D, _SITES, 16, "工地扬尘未洒水|裸土未覆盖"),
        ("渣土车撒漏", "Lorry spills soil", 0.8, _N, _SITES, 8, "渣土撒漏污染路面|泥头车未冲洗"),
        ("无证掘路", "Digging without a permit", 0.3, _D, _ROADS, 40, "开挖无公示|擅自掘路"),
        ("围挡破损", "Broken hoarding", 0.7, _S, _SITES, 40, "工地围挡破损|围挡倾斜"),
        ("施工占道", "Site blocks the way", 0.9, _D, _SITES, 24, "施工材料占道|占道施工无警示"),
        ("违规装修", "Unlawful renovation", 1.6, _D, _HOMES, 24, "午间装修噪声|擅自拆改承重墙"),
        ("工地积水", "Standing water on a site", 0.4, _S, _SITES, 40, "工地积水孳生蚊虫|基坑积水"),
    ),
    (EVENTS, "04"): (
        ("无照经营游商", "Unlicensed hawker", 4.0, _N, _CROWDED, 8, "流动摊贩聚集|占道摆卖"),
        ("店外经营", "Trading outside the shop", 4.2, _N, _SHOPS, 16, "超门线经营|桌椅摆出店外"),
        ("机动车乱停放", "Cars parked wrongly", 6.8, _D, _ROADS, 8, "车辆违停堵路|堵占消防通道"),
        ("非机动车乱停放", "Bikes parked wrongly", 5.6, _D, _SHOPS, 8, "单车乱停放|电动车占道"),
        ("电动车进楼充电", "E-bike charged indoors", 2.6, _N, _HOMES, 16, "电动车上楼|飞线充电"),
        ("社会生活噪声", "Noise of daily life", 6.0, _N, _HOMES, 16, "邻里噪声扰民|深夜唱歌扰民"),
        ("广场舞噪声", "Noise of square dancing", 1.2, _N, _HOMES, 16, "音响过大|跳舞噪声扰民"),
        ("商业噪声", "Noise of shops", 1.6, _N, _SHOPS, 16, "商铺外放音响|酒吧噪声扰民"),
        ("违章搭建", "Unlawful building", 1.3, _D, _CROWDED, 80, "楼顶违规搭建|擅自加建棚屋"),
    ),
    (EVENTS, "05"): (
        ("路面积水", "Flooded road", 1.2, _S, _ROADS, 4, "路面积水车辆难行|下穿通道积水"),
        ("树木倒伏", "Fallen tree", 0.8, _S, _ROADS, 6, "大树倒伏阻路|断枝砸落"),
        ("道路塌陷", "Road collapsed", 0.2, _S, _ROADS, 12, "路面塌陷|人行道下沉"),
        ("供水管爆裂", "Burst water main", 0.4, _A, _ANYWHERE, 8, "水管爆裂|地面冒水"),
        ("燃气泄漏", "Gas leak", 0.3, _A, _HOMES, 2, "闻到燃气味|燃气报警器响"),
        ("停电", "Power cut", 0.6, _S, _HOMES, 6, "楼栋停电|片区跳闸"),
        ("火情", "Fire", 0.4, _A, _CROWDED, 2, "冒烟起火|垃圾桶起火"),
        ("电梯困人", "Stuck in a lift", 0.6, _A, (0.0, 0.2, 2.0, 0.1, 1.5), 2, "电梯困人|电梯急停"),
        ("高空坠物", "Falling object", 0.5, _S, _HOMES, 4, "外墙脱落|高空抛物"),
    ),
    (EVENTS, "06"): (
        ("流浪动物", "Stray animals", 1.0, _D, _HOMES, 40, "流浪犬聚集|动物伤人风险"),
        ("犬只不牵绳", "Dog off the lead", 1.3, _N, _HOMES, 16, "遛狗不牵绳|犬只扰民"),
        ("邻里纠纷", "Quarrel of neighbours", 1.4, _N, _HOMES, 56, "邻里漏水纠纷|公共空间纠纷"),
        ("劳资纠纷", "Wage dispute", 0.6, _D, _SITES, 56, "反映拖欠工资|劳资争议"),
        ("物业纠纷", "Dispute with the manager", 1.5, _D, _HOMES, 56, "停车收费争议|物业服务问题"),
        ("消费纠纷", "Consumer dispute", 0.9, _D, _SHOPS, 56, "预付卡退款纠纷|商家拒绝退货"),
        ("寻求帮助", "Help wanted", 1.2, _D, _HOMES, 16, "老人走失求助|行动不便求助"),
        ("出租屋隐患", "Danger in let rooms", 1.6, _D, _HOMES, 40, "出租屋疏散不畅|违规隔间"),
    ),
    (COMPONENTS, "01"): (
        ("雨水井盖", "Storm drain cover", 0.9, _S, _ROADS, 16, "雨水井盖缺失|雨水篦子破损"),
        ("污水井盖", "Sewer cover", 0.9, _D, _ROADS, 16, "污水井盖松动|井盖沉降异响"),
        ("电力设施", "Power fitting", 0.5, _D, _ANYWHERE, 24, "配电箱门未关|电缆裸露"),
        ("通信交接箱", "Telecom cabinet", 0.6, _D, _ANYWHERE, 40, "通信箱破损|通信线缆下垂"),
        ("路灯", "Street lamp", 1.4, _N, _ROADS, 40, "路灯不亮|路灯闪烁"),
        ("消火栓", "Fire hydrant", 0.4, _D, _ANYWHERE, 40, "消火栓漏水|消火栓被遮挡"),
        ("燃气井盖", "Gas cover", 0.2, _D, _ROADS, 16, "燃气井盖破损|燃气标识缺失"),
    ),
    (COMPONENTS, "02"): (
        ("人行道破损", "Broken pavement", 1.8, _D, _ROADS, 56, "人行道砖松动|盲道破损"),
        ("道路破损", "Broken road", 1.0, _S, _ROADS, 56, "路面坑洼|沥青开裂"),
        ("交通信号灯", "Traffic light", 0.5, _D, _ROADS, 8, "信号灯不亮|信号灯被树遮挡"),
        ("交通标志牌", "Traffic sign", 0.5, _D, _ROADS, 40, "标志牌歪斜|标志不清"),
        ("交通护栏", "Guard rail", 0.7, _D, _ROADS, 40, "护栏被撞倒|护栏缺失"),
        ("公交站亭", "Bus shelter", 0.3, _D, _ROADS, 40, "站亭玻璃破损|站牌信息缺失"),
        ("路缘石", "Kerb", 0.4, _D, _ROADS, 56, "路缘石破损|无障碍坡道损坏"),
    ),
    (COMPONENTS, "03"): (
        ("垃圾箱", "Litter bin", 1.5, _D, _ANYWHERE, 24, "果皮箱破损|垃圾桶缺失"),
        ("公共厕所", "Public toilet", 0.5, _D, _SHOPS, 24, "公厕设施损坏|公厕有异味"),
        ("垃圾收集点", "Waste point", 1.1, _M, _HOMES, 16, "分类投放点满溢|投放点有异味"),
        ("灯箱霓虹灯", "Neon sign", 0.3, _N, _SHOPS, 56, "灯箱缺字|霓虹灯破损"),
        ("宣传栏", "Notice board", 0.3, _D, _HOMES, 56, "宣传栏玻璃破裂|公告栏破旧"),
        ("环保监测箱", "Monitoring box", 0.1, _A, _ANYWHERE, 56, "监测箱离线|监测箱门损坏"),
    ),
    (COMPONENTS, "04"): (
        ("行道树", "Street tree", 1.2, _D, _ROADS, 56, "行道树枯死|树枝遮挡路灯"),
        ("绿地", "Green space", 1.0, _D, _ANYWHERE, 56, "绿地被踩踏裸露|绿地有垃圾"),
        ("护树设施", "Tree guard", 0.4, _D, _ROADS, 56, "树池篦子破损|树木支撑倒塌"),
        ("花架花钵", "Flower stand", 0.2, _D, _SHOPS, 56, "花钵破损|花箱移位"),
        ("街头座椅", "Bench", 0.3, _D, _ANYWHERE, 56, "座椅破损|座椅缺板"),
        ("绿地护栏", "Planting fence", 0.4, _D, _ANYWHERE, 56, "绿化护栏破损|绿篱缺失"),
    ),
    (COMPONENTS, "05"): (
        ("健身设施", "Fitness equipment", 0.6, _D, _HOMES, 56, "健身器材损坏|器材松动"),
        ("休闲设施", "Playground", 0.4, _D, _HOMES, 56, "滑梯破损|儿童设施有尖角"),
        ("监控设备", "Camera post", 0.3, _A, _ANYWHERE, 40, "监控杆倾斜|设备离线"),
        ("水位监测设备", "Water gauge", 0.2, _S, _ROADS, 16, "积水监测离线|水位计异常"),
        ("充电桩", "Charging post", 0.7, _D, _HOMES, 40, "充电桩故障|充电口损坏"),
        ("门楼牌", "House number", 0.2, _D, _ANYWHERE, 56, "门牌缺失|楼牌褪色"),
    ),
}  # fmt: skip

SMALL = tuple(
    SmallClass(scheme, big, f"{big}{n:02d}", zh, en, weight, rhythm, at, hours, tuple(t.split("|")))
    for (scheme, big), rows in _SMALL.items()
    for n, (zh, en, weight, rhythm, at, hours, t) in enumerate(rows, 1)
)


def frame() -> pd.DataFrame:
    """Return the classes: scheme, code, parent_code (None for a big one), zh, en."""
    rows: list[tuple[str, str, str | None, str, str]] = [
        (scheme, code, None, zh, en) for scheme, code, zh, en in BIG
    ]
    rows += [(one.scheme, one.code, one.big, one.zh, one.en) for one in SMALL]
    return pd.DataFrame(rows, columns=["scheme", "code", "parent_code", "zh", "en"], dtype=object)
