"""Word lists of the guard: they know English and Chinese, not a shop."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _any(english: str, chinese: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{english})\b|{chinese}", re.IGNORECASE)


#: What turns a sentence round, and what it is counted by: a draft has as many of each as the facts.
TURNS = {
    "negation": _any(
        r"no|not|never|nobody|nothing|none|nor|neither|without|cannot|unable|impossible|refuse[sd]?|exclud\w+"
        r"|un(?:used|opened|worn|damaged|paid|available|verified|touched|finished)|incomplete|invalid"
        r"|(?:is|are|was|were|do|does|did|ca|wo|would|could|should|has|have|had|must|need)n['’]?t",
        r"不|没|未|无|無|非(?!常)|沒|勿|别(?=的|再|人)|拒",
    ),
    "limit": _any(r"only|solely|alone|exclusively", r"只|仅|僅|才"),
    "exception": _any(r"unless|except|apart from|other than", r"除非|除了|例外|除外"),
}
#: Bounds: a draft that names one where the facts name none, or the other way round, is refused.
BOUNDS = {
    "at most": _any(
        r"within|up to|at most|maximum|max|no more than|less than|fewer than|under|below|latest",
        r"以内|之内|(?<=[天日时月年])内|最多|不超过|不多于|以下|低于|不到|最迟|最晚",
    ),
    "at least": _any(
        r"at least|minimum|more than|over|above|no less than",
        r"至少|最少|以上|满|超过|多于|不少于|高于|起(?=[，。,. ]|$)",
    ),
}
#: What makes something depend on something else; none of the facts' may go.
CONDITIONS = _any(
    r"if|unless|when|whenever|once|after|before|until|provided|as long as|as soon as|while|in case|where",
    r"如果|若|要是|的话|后|之前|以前|时(?!间|效)|一旦|只要|直到|先|前(?=[，。可取])",
)
#: Something done or promised for this customer; only tasks say so.
DONE = re.compile(
    r"\b(?:i|we)(?:'ve|’ve| have| had)?(?: just| already)? (?:cancel|refund|return|exchang|book|sent|process"
    r"|approv|arrang|issu|credit|transfer|updat|chang|submit|confirm|initiat)\w*"
    r"|\byour (?:refund|return|order|request|cancellation|exchange) (?:has been|have been|is now|was"
    r"|is (?:approved|confirmed|cancelled|canceled|done|complete|on its way))"
    r"|已(?:经)?(?:为您|帮您|给您|替您)|(?:我|我们)已|已(?:经)?(?:退款|取消|办理|批准|提交|通过|处理)",
    re.IGNORECASE,
)
#: Words that promise, ask for something, or send the customer somewhere: never new in a draft.
LOADED = _words(
    """
    free guarantee promise gift present voucher coupon discount bonus reward credit cash compensation
    extra double full immediately instantly instant always forever lifetime ever any anything anyone
    anytime every everything everyone everywhere all unlimited unconditional unconditionally definitely
    certainly surely automatic automatically worldwide international password pin cvv code card account
    bank login click tap link website app phone call whatsapp telegram wechat transfer wire pay payment
    fee charge surcharge price ignore instruction prompt system assistant model ai policy legal sue
    lawyer doctor emergency manager ceo supervisor approve approved approval waive waived exception half
    twice triple dozen couple quarter
    """
)
LOADED_ZH = _words(
    """
    免费 免運 包邮 保证 保證 承诺 赠 赠送 礼品 礼物 礼券 优惠 折扣 打折 补偿 赔 赔付 立即 马上 立刻 一定
    肯定 任何 所有 全部 永久 终身 全额 双倍 无条件 返现 红包 现金 积分 密码 验证码 银行卡 账号 点击 链接
    网站 微信 电话 转账 支付 手续费 收费 忽略 指令 提示词 系统 模型 主管 经理 批准 破例 例外 随时 全球
    """
)
#: Who pays.
PAYS = _any(
    r"pay|pays|paid|costs?|expenses?|charged?|charges|postage|bears?|covers?", r"承担|支付|付|费|自理|出钱"
)
PARTIES = {
    "customer": _any(r"you|your|yours|customers?", r"您|你|顾客|客户|买家"),
    "shop": _any(r"we|us|our|ours|shop|shop's", r"我们|店里|本店|商店|卖家"),
}
#: Words that carry no fact, which a draft may use freely.
GLUE = _words(
    """
    the and but for you your yours our ours their its his her this that these those there here with from
    into onto upon of to in on at by as or so an is are was were be been being am has have had having do
    does did will would shall should can could may might must also too then than just please about back
    get gets getting got make makes made let lets know need needs want like would when once after before
    until while if within during between per each it they them we us me my mine i he she who whom whose
    which what where how why yes well simply usually normally generally typically kindly note happy help
    glad sure thank thanks take takes taken taking give gives given giving go goes going come comes
    still again up down out over under through both either same such more most some other further see
    look keep keeps kept put use using used available possible able question answer case cases time
    times way ways thing things means mean not no nor never only once via business working work day days
    hour hours minute minutes week weeks month months year years percent cent usd eur gbp cny rmb hkd
    dollar dollars euro euros pound pounds yuan zero one two three four five six seven eight nine ten
    eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty
    fifty sixty seventy eighty ninety hundred thousand million don't doesn't isn't aren't can't won't
    it's you're we're that's you'll we'll i'll you'd you've we've i'm let's
    """
)
GLUE_ZH = frozenset(
    "的了是在和与及或您你我们他她它这那有会能可以就都也还请要把被给对于为从到至向由以用如果若时后前上下中里内外个们吧呢吗啊哦嗯"
    "之其所而且但即则因此所并再又很更最比较就是来去做说看想知道需一般通常大概左右需注意温馨提示好谢谢帮关于情况方面话将"
    "零〇一二三四五六七八九十百千万两分天日周月年元件次工作时点"
    "，。、；：！？,.;:!?（）()“”\"'‘’ \n…—-～~·"
)
#: Names that people know, of whoever carries, pays and where; a lower-case one is a name too.
NAMES = _words(
    """
    dhl ups fedex usps gls dpd hermes evri royal correos sf yto zto sto ems visa mastercard amex
    discover paypal alipay wechat klarna stripe bitcoin crypto apple google amazon ebay samsung sony
    monday tuesday wednesday thursday friday saturday sunday january february march april june july
    august september october november december christmas easter germany france spain italy portugal
    austria australia canada mexico brazil china japan korea india russia turkey poland sweden norway
    denmark finland switzerland netherlands belgium ireland britain england scotland europe america asia
    africa taiwan singapore hong kong macao macau thailand vietnam malaysia indonesia
    """
)
NAMES_ZH = _words(
    """
    顺丰 圆通 中通 申通 韵达 京东 邮政 极兔 菜鸟 支付宝 微信 银联 云闪付 花呗 白条 比特币 苹果 谷歌
    亚马逊 淘宝 天猫 周一 周二 周三 周四 周五 周六 周日 周末 星期一 星期二 星期三 星期四 星期五 星期六
    星期日 春节 国庆 圣诞 德国 法国 西班牙 意大利 葡萄牙 奥地利 澳大利亚 加拿大 墨西哥 巴西 中国 日本
    韩国 印度 俄罗斯 土耳其 波兰 瑞典 挪威 丹麦 芬兰 瑞士 荷兰 比利时 爱尔兰 英国 美国 欧洲 亚洲 非洲
    台湾 新加坡 香港 澳门 泰国 越南 马来西亚 印度尼西亚 上海 北京 广州 深圳
    """
)
#: Units by what they measure; a number keeps its own.
UNITS = {
    "workday": r"(?:business|working|work)[ -]days?|个?工作日|个?工作天",
    "day": r"(?:calendar )?days?|天|日",
    "hour": r"hours?|hrs?|个?小时|个?钟头",
    "minute": r"minutes?|mins?|分钟",
    "week": r"weeks?|周|个?星期",
    "month": r"months?|个月|月",
    "year": r"years?|年",
    "%": r"%|％|percent|per cent",
    "USD": r"usd|us dollars?|dollars?|bucks|美元|美金",
    "EUR": r"eur|euros?|€|欧元",
    "GBP": r"gbp|pounds?|£|英镑",
    "HKD": r"hkd|港元|港币",
    "CNY": r"cny|rmb|yuan|人民币|块钱?|元",
    "times": r"times|次",
    "scale": r"hundred|thousand|million|billion|k\b|亿|万|千|百",
    "piece": r"pieces?|items?|pcs|件|个|台|本|张",
}
SIGNS = {"$": "USD", "us$": "USD", "hk$": "HKD", "€": "EUR", "£": "GBP", "¥": "CNY", "rmb": "CNY"} | {
    code.lower(): code for code in ("USD", "EUR", "GBP", "CNY", "HKD")
}
