"""Names of an invented city, in Chinese and in pinyin: places, streets, estates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

PINYIN = {
    "安": "an", "岸": "an", "白": "bai", "碧": "bi", "帆": "fan", "芳": "fang", "枫": "feng",
    "风": "feng", "峰": "feng", "福": "fu", "港": "gang", "光": "guang", "归": "gui", "桂": "gui",
    "海": "hai", "荷": "he", "和": "he", "鹤": "he", "红": "hong", "虹": "hong", "华": "hua",
    "晖": "hui", "金": "jin", "景": "jing", "静": "jing", "菊": "ju", "康": "kang", "兰": "lan",
    "澜": "lan", "乐": "le", "里": "li", "丽": "li", "莲": "lian", "林": "lin", "岭": "ling",
    "柳": "liu", "鹭": "lu", "梅": "mei", "门": "men", "明": "ming", "沐": "mu", "南": "nan",
    "宁": "ning", "藕": "ou", "坪": "ping", "浦": "pu", "桥": "qiao", "青": "qing", "清": "qing",
    "泉": "quan", "榕": "rong", "沙": "sha", "杉": "shan", "生": "sheng", "石": "shi",
    "书": "shu", "松": "song", "台": "tai", "塘": "tang", "田": "tian", "汀": "ting",
    "亭": "ting", "听": "ting", "潮": "chao", "晨": "chen", "澄": "cheng", "春": "chun",
    "翠": "cui", "德": "de", "东": "dong", "渡": "du", "湾": "wan", "望": "wang", "文": "wen",
    "梧": "wu", "溪": "xi", "霞": "xia", "香": "xiang", "祥": "xiang", "新": "xin", "兴": "xing",
    "秀": "xiu", "岫": "xiu", "雅": "ya", "晏": "yan", "燕": "yan", "阳": "yang", "银": "yin",
    "永": "yong", "玉": "yu", "屿": "yu", "园": "yuan", "月": "yue", "悦": "yue", "云": "yun",
    "枕": "zhen", "竹": "zhu", "紫": "zi", "洲": "zhou", "长": "chang", "滨": "bin", "临": "lin",
    "北": "bei", "西": "xi", "星": "xing", "锦": "jin", "嘉": "jia", "瑞": "rui", "平": "ping",
}  # fmt: skip

_FIRST = (
    "潮海云月松竹兰桂梅荷莲清明安和福景文德永新长金银玉翠"
    "青碧紫红白沐澄鹭榕梧柳枫春晨望听归枕悦锦嘉瑞祥康霞星鹤燕"
)
_SECOND = "生晏湾溪泉岸桥渡林园里门田岭坪塘洲汀浦港台亭宁安乐兴华晖阳光风秀霞芳沙石屿月"

SUBDISTRICTS = ("鹭汀", "沐溪", "藕渡", "云岫", "听潮", "澄湾", "莲屿", "望澜", "枕石", "归帆")

_DIGITS = "零一二三四五六七八九十"


def pinyin(text: str) -> str:
    """Return a name in capitalised pinyin without tones: 听潮 → Tingchao."""
    return "".join(PINYIN[c] for c in text).capitalize()


def pairs(rng: np.random.Generator) -> Iterator[str]:
    """Yield names of two characters, each once, in a random order without end of use."""
    count = len(_FIRST) * len(_SECOND)
    taken = set(SUBDISTRICTS)
    for index in rng.permutation(count).tolist():
        name = _FIRST[index // len(_SECOND)] + _SECOND[index % len(_SECOND)]
        if name[0] != name[1] and name not in taken:
            yield name


def numeral(number: int) -> str:
    """Return 1 … 99 in Chinese: 12 → 十二."""
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")
