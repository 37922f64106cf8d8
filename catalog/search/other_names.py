"""How else people say what cars are called by: names in other scripts, and words for facts and bodies.

These are only looked up in what was typed. Other names of a make that people write in Latin letters are its
`aliases` in the catalogue.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from catalog.choices import FactWord
from core.text import fold

#: Spellings are separated by commas. Those that transliteration alone brings to the name need not be here.
_NAMES = {
    "alfa romeo": "阿尔法罗密欧, 爱快罗密欧, アルファロメオ, 알파로메오, ألفا روميو, אלפא רומיאו",
    "aston martin": "阿斯顿马丁, アストンマーティン, 애스턴마틴, أستون مارتن",
    "audi": "奥迪, 奧迪, アウディ, 아우디, أودي, اودي, אאודי, αουντι, ऑडी, อาวดี้",
    "bentley": "宾利, 賓利, ベントレー, 벤틀리, بنتلي, בנטלי, μπεντλεϊ",
    "bmw": (
        "宝马, 寶馬, БМВ, ビーエムダブリュー, 비엠더블유, بي ام دبليو, بي إم دبليو, ב מ וו, במוו, "
        "बीएमडब्ल्यू, μπε εμ βε, บีเอ็มดับเบิลยู"
    ),
    "bugatti": "布加迪, ブガッティ, 부가티, بوغاتي, בוגאטי",
    "buick": "别克, 別克, ビュイック, 뷰익, بويك, Бьюик",
    "byd": "比亚迪, 比亞迪, БИД",
    "cadillac": "凯迪拉克, 凱迪拉克, キャデラック, 캐딜락, كاديلاك, קאדילק, Кадиллак",
    "chevrolet": "雪佛兰, 雪佛蘭, シボレー, 쉐보레, 시보레, شيفروليه, شفروليه, שברולט, शेवरले, เชฟโรเลต",
    "chrysler": "克莱斯勒, 克萊斯勒, クライスラー, 크라이슬러, كرايسلر, קרייזלר, Крайслер",
    "citroen": "雪铁龙, 雪鐵龍, シトロエン, 시트로엥, ستروين, سيتروين, סיטרואן, Ситроен, σιτροεν",
    "dacia": "达契亚, داسيا, דאציה, Дачия, ντατσια",
    "dodge": "道奇, ダッジ, 닷지, دودج, דודג, Додж",
    "ferrari": "法拉利, フェラーリ, 페라리, فيراري, פרארי, φεραρι, फेरारी",
    "fiat": "菲亚特, 菲亞特, フィアット, 피아트, فيات, פיאט, Фиат",
    "ford": "福特, フォード, 포드, فورد, פורד, φορντ, फोर्ड, ฟอร์ด",
    "geely": "吉利, Джили",
    "gmc": "吉姆西, جي ام سي, جمس, Джи Эм Си",
    "honda": "本田, ホンダ, 혼다, هوندا, הונדה, होंडा, होण्डा, ฮอนด้า, χοντα",
    "hyundai": (
        "现代, 現代, ヒュンダイ, ヒョンデ, 현대, هيونداي, هيونداى, יונדאי, Хёндай, Хендай, Хундай, "
        "Хёндэ, Хендэ, हुंडई, ह्युंडई, ฮุนได, χιουνταϊ"
    ),
    "infiniti": "英菲尼迪, 無限, インフィニティ, 인피니티, انفينيتي, إنفينيتي, אינפיניטי, Инфинити",
    "isuzu": "五十铃, 五十鈴, いすゞ, いすず, 이스즈, ايسوزو, איסוזו, Исузу",
    "jaguar": "捷豹, ジャガー, 재규어, جاكوار, جاغوار, יגואר, Ягуар, जगुआर",
    "jeep": "吉普, ジープ, 지프, جيب, ג יפ, Джип, जीप, τζιπ, จี๊ป",
    "kia": "起亚, 起亞, キア, 기아, كيا, קיה, Киа, КИА, किआ, เกีย",
    "lada": "拉达, ラーダ, لادا, לאדה, Лада, ВАЗ",
    "lamborghini": (
        "兰博基尼, 藍寶堅尼, ランボルギーニ, 람보르기니, لامبورغيني, לمبורגיני, למבורגיני, "
        "Ламборджини, लैम्बोर्गिनी"
    ),
    "land rover": "路虎, ランドローバー, 랜드로버, لاند روفر, לנד רובר, Ленд Ровер, लैंड रोवर",
    "lexus": "雷克萨斯, 凌志, レクサス, 렉서스, لكزس, ليكزس, לקסוס, Лексус, लेक्सस, λεξους",
    "lincoln": "林肯, リンカーン, 링컨, لينكولن, Линкольн",
    "mahindra": "马恒达, महिंद्रा",
    "maruti suzuki": "मारुति सुजुकी, मारुति",
    "maserati": "玛莎拉蒂, 瑪莎拉蒂, マセラティ, 마세라티, مازيراتي, מזראטי, Мазерати",
    "mazda": "马自达, 馬自達, マツダ, 마쓰다, 마즈다, مازدا, מאזדה, מזדה, Мазда, माज़दा, มาสด้า",
    "mclaren": "迈凯伦, 邁凱倫, マクラーレン, 맥라렌, ماكلارين, מקלארן, Макларен",
    "mercedes benz": (
        "奔驰, 奔馳, 梅赛德斯, 梅赛德斯 奔驰, 賓士, メルセデス, メルセデス ベンツ, ベンツ, 벤츠, "
        "메르세데스, 메르세데스 벤츠, مرسيدس, مرسيدس بنز, מרצדס, Мерседес, Мерседес Бенц, मर्सिडीज, "
        "मर्सिडीज बेंज, μερσεντες, เบนซ์, เมอร์เซเดส"
    ),
    "mini": "迷你, ミニ, 미니, ميني, מיני, Мини",
    "mitsubishi": "三菱, ミツビシ, 미쓰비시, ميتسوبيشي, מיצובישי, Мицубиси, Митсубиши, มิตซูบิชิ",
    "nissan": "日产, 日產, 日産, ニッサン, 닛산, نيسان, ניסאן, ניסן, निसान, นิสสัน, νισαν",
    "opel": "欧宝, 歐寶, オペル, 오펠, أوبل, اوبل, אופל, Опель, οπελ",
    "peugeot": "标致, 標緻, 寶獅, プジョー, 푸조, بيجو, פיג ו, פיזו, Пежо, πεζο",
    "porsche": "保时捷, 保時捷, ポルシェ, 포르쉐, بورش, بورشه, פורשה, Порше, पोर्श, πορσε",
    "ram": "公羊, ラム, رام, Рам",
    "renault": "雷诺, 雷諾, ルノー, 르노, رينو, רנו, Рено, रेनॉल्ट, ρενο",
    "rolls royce": (
        "劳斯莱斯, 勞斯萊斯, ロールスロイス, ロールス ロイス, 롤스로이스, رولز رويس, רולס רויס, Роллс Ройс"
    ),
    "seat": "西雅特, セアト, سيات, סיאט, Сеат, σεατ",
    "skoda": "斯柯达, 斯柯達, シュコダ, 스코다, سكودا, סקודה, Шкода, स्कोडा, σκοντα",
    "smart": "精灵, スマート, 스마트, سمارت, סמארט, Смарт",
    "subaru": "斯巴鲁, 速霸陸, スバル, 스바루, سوبارو, סובארו, Субару",
    "suzuki": "铃木, 鈴木, スズキ, 스즈키, سوزوكي, סוזוקי, Сузуки, सुजुकी, ซูซูกิ",
    "tata": "塔塔, タタ, 타타, تاتا, טאטא, टाटा, ทาทา",
    "tesla": "特斯拉, テスラ, 테슬라, تسلا, תסלה, टेस्ला, เทสลา",
    "toyota": "丰田, 豐田, トヨタ, 도요타, 토요타, تويوتا, טויוטה, टोयोटा, โตโยต้า, τογιοτα",
    "volkswagen": (
        "大众, 大眾, 福斯, フォルクスワーゲン, 폭스바겐, 폴크스바겐, فولكس فاجن, فولكسفاجن, "
        "فولكس واجن, פולקסווגן, Фольксваген, वोक्सवैगन, फॉक्सवैगन, φολκσβαγκεν"
    ),
    "volvo": "沃尔沃, 富豪, ボルボ, 볼보, فولفو, וולוו, Вольво, वोल्वो, วอลโว่",
    # Bodies
    "convertible": (
        "кабриолет, родстер, 敞篷车, 敞篷, コンバーチブル, オープンカー, 컨버터블, مكشوفة, "
        "descapotable, cabriole"
    ),
    "coupe": "купе, 轿跑, 跑车, クーペ, 쿠페, كوبيه, κουπε, कूपे",
    "hatchback": "хэтчбек, хетчбек, хэтчбэк, 掀背车, ハッチバック, 해치백, هاتشباك, χατσμπακ, हैचबैक",
    "minivan": "минивэн, минивен, 面包车, ミニバン, 미니밴, monospace, monovolumen",
    "pickup": "пикап, 皮卡, ピックアップ, 픽업, بيك اب, πικαπ, पिकअप",
    "sedan": "седан, 轿车, 三厢车, セダン, 세단, سيدان, berline, सेडान",
    "suv": (
        "внедорожник, кроссовер, 越野车, 越野, エスユーブイ, 에스유비, دفع رباعي, gelandewagen, "
        "todoterreno, एसयूवी"
    ),
    "wagon": "универсал, 旅行车, ステーションワゴン, ワゴン, 왜건, familiare",
}

_FACTS = {
    FactWord.PETROL: (
        "petrol, gasoline, gas, benzin, benzine, benzina, essence, gasolina, бензин, 汽油, ガソリン, "
        "휘발유, 가솔린, بنزين, βενζινη, पेट्रोल"
    ),
    FactWord.DIESEL: (
        "diesel, gazole, gasoil, gasoleo, дизель, дизельный, дизел, 柴油, ディーゼル, 디젤, 경유, "
        "ديزل, דיזל, ντιζελ, डीजल, डीज़ल, ดีเซล"
    ),
    FactWord.HYBRID: (
        "hybrid, hybrids, hybride, hibrido, ibrida, ibrido, hev, гибрид, гибридный, 混合动力, 混动, "
        "ハイブリッド, 하이브리드, هجين, هايبرد, היברידי, υβριδικο, हाइब्रिड, ไฮบริด"
    ),
    FactWord.PLUG_IN: "plug in hybrid, plug in, plugin, phev, plug in hybride, 插电混动, 插电, プラグイン",
    FactWord.ELECTRIC: (
        "electric, electrical, ev, evs, bev, elektro, elektrisch, elektroauto, electrique, electrico, "
        "elettrica, elektrische, электро, электромобиль, электрический, электрокар, 电动, 电动车, "
        "電動, 電気, 電気自動車, 전기차, 전기, كهربائية, كهربائي, חשמלי, ηλεκτρικο, इलेक्ट्रिक, ไฟฟ้า"
    ),
    FactWord.FLEX_FUEL: "flex fuel, flexfuel, flexifuel, e85, ethanol, ffv",
    FactWord.NATURAL_GAS: "natural gas, cng, erdgas, метан, 天然气",
    FactWord.LPG: "lpg, autogas, gpl, пропан, 液化气",
    FactWord.HYDROGEN: "hydrogen, fuel cell, fcev, wasserstoff, водород, 氢, 水素, 수소",
    FactWord.AUTOMATIC: (
        "automatic, automatics, auto, automatik, automatique, automatico, automatica, cvt, dct, dsg, "
        "tiptronic, автомат, автоматическая, акпп, 自动, 自动挡, 自動, オートマ, オートマチック, 자동, "
        "오토, اوتوماتيك, أوتوماتيك, אוטומט, אוטומטי, αυτοματο, ऑटोमैटिक"
    ),
    FactWord.MANUAL: (
        "manual, manuals, stick, stick shift, manuell, manuelle, manuale, schaltgetriebe, механика, "
        "мкпп, 手动, 手动挡, 手動, マニュアル, 수동, يدوي, ידני, χειροκινητο, मैनुअल"
    ),
    FactWord.ALL_WHEELS: (
        "awd, 4wd, 4x4, 4 x 4, all wheel drive, all wheel, four wheel drive, four wheel, quattro, "
        "xdrive, 4matic, 4motion, allrad, полный привод, 四驱, 四輪駆動"
    ),
    FactWord.FRONT_WHEELS: "fwd, front wheel drive, front wheel, передний привод, 前驱, 前輪駆動",
    FactWord.REAR_WHEELS: "rwd, rear wheel drive, rear wheel, задний привод, 后驱, 後輪駆動",
}


class Meaning(NamedTuple):
    """What else a phrase stands for: the words of a name, and a fact; either may be missing."""

    name: tuple[str, ...] = ()
    fact: FactWord | None = None


@lru_cache(maxsize=2)
def meanings(*, is_plain: bool) -> dict[str, Meaning]:
    """Folded phrases, each with what it stands for. `is_plain`: those that are written in Latin letters only.

    "Порше" means Porsche, but who types "porshe" has made a mistake, and is told so.
    """
    known: dict[str, Meaning] = {}
    for name, spellings in _NAMES.items():
        known |= dict.fromkeys(_folded(spellings, is_plain=is_plain), Meaning(name=tuple(name.split())))
    for fact, spellings in _FACTS.items():
        known |= dict.fromkeys(_folded(spellings, is_plain=is_plain), Meaning(fact=fact))
    known.pop("", None)
    return known


@lru_cache(maxsize=1)
def longest() -> int:
    """Words of the longest phrase."""
    return max(phrase.count(" ") + 1 for phrase in meanings(is_plain=False))


def _folded(spellings: str, *, is_plain: bool) -> list[str]:
    return [fold(one) for one in spellings.split(",") if one.isascii() or not is_plain]
