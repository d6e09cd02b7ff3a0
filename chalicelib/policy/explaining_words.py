"""What an explanation says beside titles and terms, in each language that people read."""

from collections.abc import Mapping
from dataclasses import dataclass

RULE, RISK, AMOUNT, CURRENCY = "rule:", "risk:", "amount_above:", "amount_unknown:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One language. Templates name their places."""

    accepted: str
    refused: str
    sold_under: str
    better: str
    no_policy: str
    risk: str
    amount: str
    currency: str
    default: str
    reasons: Mapping[str, str]
    steps: Mapping[str, str]
    codes: Mapping[str, str]

    def reason(self, code: str, titles: Mapping[str, str]) -> str:
        """A machine reason as a sentence; of a rule its title."""
        if code.startswith(RULE):
            rule = code.removeprefix(RULE)
            return self.default if rule == "default" else titles.get(rule, rule)
        if code.startswith(RISK):
            return self.risk.format(points=code.removeprefix(RISK))
        if code.startswith(AMOUNT):
            return self.amount.format(amount=code.removeprefix(AMOUNT))
        if code.startswith(CURRENCY):
            return self.currency.format(currency=code.removeprefix(CURRENCY))
        return self.reasons.get(code, code)


ENGLISH = Said(
    accepted="It can be returned.",
    refused="It cannot be returned: {why}.",
    sold_under="The terms that the order was placed under apply.",
    better="Terms that came later apply, because they are better for the customer.",
    no_policy="No terms were asked about this line.",
    risk="The risk score is {points}.",
    amount="More than {amount} of the order is in returns.",
    currency="No tier says from which amount in {currency} on who decides.",
    default="No rule says who decides, so a person does.",
    reasons={
        "documents_missing": "Papers are missing.",
        "documents_unseen": "Nobody has seen the papers that the customer names.",
        "cause_report_missing": "The report of the cause is missing.",
        "asked_about": "A person asked about it, so a person decides.",
        "override": "A person set the terms aside.",
        "sale_matched": "A person found which sale it is about.",
        "statutory": "The law decides about a withdrawal; what it does not settle, a person does.",
        "too_little_stock": "There is too little stock for what was wanted instead.",
        "replacement_price_missing": "Nobody has said what the goods wanted instead cost.",
    },
    steps={
        "shipped": "Was it sent?",
        "goods": "Is it goods?",
        "resolution": "May that be asked for?",
        "window": "Was it in time?",
        "otherwise": "No rule applies",
        "recall": "Called back",
        "withdrawal": "Right of withdrawal",
        "question": "A person asked about it",
        "override": "Set aside by a person",
        "order_line": "On the order?",
        "promotion": "May a part of the promotion come back?",
    },
    codes={
        "eligible": "it can be returned",
        "applies": "applies",
        "shipped": "it was sent",
        "not_shipped": "it was not sent yet",
        "goods": "it is goods",
        "service_not_returnable": "it is a service",
        "resolution_allowed": "it may be asked for",
        "resolution_not_allowed": "it may not be asked for",
        "within_window": "it was asked for in time",
        "outside_window": "the time is over",
        "no_rule_applies": "no rule allows it",
        "not_eligible": "a rule refuses it",
        "final_sale": "it was sold as final sale",
        "called_back": "it is called back, whatever the terms say",
        "declared": "the sale was withdrawn from, whatever the terms say",
        "asked_about": "a person decides about the answer",
        "overridden": "a person took the decision upon themselves",
        "sent_by_error": "it was sent by error",
        "promotion_blocks_partial": "what is kept would no longer earn its promotion",
    },
)
CHINESE = Said(
    accepted="可以退货。",
    refused="不可退货：{why}。",
    sold_under="适用下单时的条款。",
    better="适用之后生效的条款，因其对客户更有利。",
    no_policy="该行未适用任何条款。",
    risk="风险分为 {points}。",
    amount="该订单退货总额超过 {amount}。",
    currency="没有规定 {currency} 金额达到多少由谁决定。",
    default="没有规则指定由谁决定，因此由人工决定。",
    reasons={
        "documents_missing": "缺少单据。",
        "documents_unseen": "客户声明的单据尚未核实。",
        "cause_report_missing": "缺少原因报告。",
        "asked_about": "工作人员曾就此询问，因此由人工决定。",
        "override": "工作人员决定不适用条款。",
        "sale_matched": "由工作人员确认所属订单。",
        "statutory": "撤回权由法律规定，其余由人工决定。",
        "too_little_stock": "换货所需库存不足。",
        "replacement_price_missing": "尚无人说明换货商品的价格。",
    },
    steps={
        "shipped": "是否已发货",
        "goods": "是否为实物商品",
        "resolution": "所选处理方式是否允许",
        "window": "是否在期限内",
        "otherwise": "没有适用的规则",
        "recall": "召回",
        "withdrawal": "撤回权",
        "question": "工作人员曾询问",
        "override": "由工作人员决定不适用",
        "order_line": "是否属于该订单",
        "promotion": "促销商品可否部分退货",
    },
    codes={
        "eligible": "可以退货",
        "applies": "适用",
        "shipped": "已发货",
        "not_shipped": "尚未发货",
        "goods": "是实物商品",
        "service_not_returnable": "属于服务",
        "resolution_allowed": "允许该处理方式",
        "resolution_not_allowed": "不允许该处理方式",
        "within_window": "在期限内提出",
        "outside_window": "已超过期限",
        "no_rule_applies": "没有规则允许",
        "not_eligible": "规则不允许",
        "final_sale": "属于最终销售商品",
        "called_back": "属于召回，不受条款限制",
        "declared": "已行使撤回权，不受条款限制",
        "asked_about": "由人工根据答复决定",
        "overridden": "由工作人员自行决定",
        "sent_by_error": "属于误发",
        "promotion_blocks_partial": "保留的商品将不再满足促销条件",
    },
)
SPOKEN: Mapping[str, Said] = {"en": ENGLISH, "zh-CN": CHINESE}
