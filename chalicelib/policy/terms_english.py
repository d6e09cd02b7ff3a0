"""The sentences of terms in English."""

from chalicelib.policy.terms_vocabulary import Vocabulary

ENGLISH = Vocabulary(
    tag="en",
    intro="For each question the first clause below that applies and answers it decides.",
    both="; and ",
    either=" or ",
    comma=", ",
    brackets="({text})",
    negation="it is not so that {text}",
    not_returnable="It cannot be returned.",
    returnable="It can be returned.",
    any_time="You may return it at any time.",
    working_day="A period that would end on a weekend or holiday ends on the next working day.",
    no_fee="No fee is taken.",
    keep_item="You need not send it back.",
    send_back="It has to be sent back.",
    no_evidence="Nothing has to be provided.",
    individually="we decide so in the individual case",
    facts={
        "region": "the country of the order",
        "channel": "the sales channel",
        "currency": "the currency",
        "category": "the category",
        "sku": "the item",
        "supplier_id": "the supplier",
        "tags": "the kind of goods",
        "customer_class": "the customer group",
        "customer_lists": "the customer's lists",
        "customer_returns_12m": "the number of your returns within a year",
        "customer_returns_30d": "the number of your returns within 30 days",
        "customer_return_rate": "the share of your purchases that you returned (per cent)",
        "customer_returned_value_12m": "the value that you returned within a year",
        "customer_used_12m": "the number of used items that you returned within a year",
        "reason": "the reason",
        "fault": "responsibility",
        "stated_condition": "the condition",
        "type": "the type of return",
        "method": "the way back",
        "resolution": "what you ask for",
        "quantity": "the quantity",
        "unit_price": "the price paid for one",
        "line_value": "the price paid",
        "request_value": "the price paid for everything you return",
        "order_returned_value": "the price paid for everything you return of an order",
        "age_days": "the number of days since delivery",
        "days_since_order": "the number of days since the order",
        "purchase_month": "the month of purchase",
        "request_month": "the month of the request",
        "warranty_days_left": "the number of days left of the warranty",
        "contract_no": "the contract",
        "contract_clauses": "the clauses of the contract",
        "has_serial": "it has a serial number",
        "final_sale": "it was sold as final sale",
        "risk_score": "the result of our checks",
        "photo_reused": "a photo was used before",
        "serial_mismatches_12m": "the number of wrong serial numbers within a year",
        "empty_boxes_12m": "the number of empty boxes within a year",
        "customer_id": "the customer",
    },
    names={
        "fault": {
            "us": "the seller",
            "maker": "the maker",
            "carrier": "the carrier",
            "customer": "the customer",
            "none": "nobody",
        },
        "customer_lists": {"allow": "preferred customers", "block": "restricted customers"},
        "stated_condition": {"unopened": "unopened", "opened": "opened", "used": "used"},
        "grade": {
            "B": "opened, complete",
            "C": "used or incomplete",
            "D": "damaged",
        },
        "type": {
            "customer_return": "return",
            "withdrawal": "withdrawal",
            "quality": "quality complaint",
            "sales_adjustment": "return by sales agreement",
            "recall": "recall",
            "stock_error": "delivery error",
        },
        "method": {"courier": "courier", "store": "store", "pickup": "pickup"},
        "resolution": {
            "refund": "refund",
            "exchange": "exchange",
            "store_credit": "store credit",
            "repair": "repair",
        },
        "evidence": {
            "photo": "a photo",
            "invoice": "the invoice",
            "proof_of_purchase": "a proof of purchase",
            "qc_report": "a quality report",
            "sales_contract": "the sales contract",
            "application_form": "the application form",
            "outbound_order": "the delivery note",
        },
        "tags": {
            "custom-made": "custom-made goods",
            "perishable": "perishable goods",
            "sealed-hygiene": "hygiene goods that came sealed",
            "sealed-media": "media and software that came sealed",
            "mixed": "goods mixed with others",
            "digital": "digital content",
            "newspaper": "newspapers and magazines",
        },
    },
    operators={
        "is": "{fact} is {value}",
        "is_not": "{fact} is not {value}",
        "in": "{fact} is one of: {value}",
        "not_in": "{fact} is none of: {value}",
        "at_least": "{fact} is at least {value}",
        "at_most": "{fact} is at most {value}",
        "above": "{fact} is more than {value}",
        "below": "{fact} is less than {value}",
        "has_any": "{fact} is among: {value}",
        "has_all": "{fact} is all of: {value}",
        "has_none": "{fact} is not among: {value}",
        "starts_with": "{fact} begins with {value}",
    },
    yes="{fact}",
    no="it is not so that {fact}",
    known="{fact} is known",
    unknown="{fact} is not known",
    windows={
        "delivery": "You have {days} days from the day after delivery.",
        "shipment": "You have {days} days from the day after it was sent.",
        "order": "You have {days} days from the day after your order.",
    },
    other_window="For this you have {days} days: {resolution}.",
    other_any_time="For this there is no limit of time: {resolution}.",
    templates={
        "restocking": "{percent} of the price is kept.",
        "flat": "{amount} is kept once for the whole return.",
        "shipping": "You pay {amount} for the way back.",
        "fee_tax": "Fees contain {percent} tax.",
        "graded": "If our inspection finds that you are at fault for its condition, we deduct for "
        "each item: {listed}.",
        "grade": "{deduction} ({grade})",
        "not_graded": "Nothing is deducted for the condition of the goods.",
        "resolutions": "You may ask for: {listed}.",
        "evidence": "Please provide: {listed}.",
    },
    giving={
        "promotions": {
            "keep": "What a promotion took off stays off, even if you return only a part.",
            "claw_back": "If what you keep no longer earns a promotion, its price is worked out "
            "again without it, and the difference is taken off the refund.",
            "block": "A part cannot be returned alone if what you keep would no longer earn a "
            "promotion; all that belongs to the promotion can.",
        },
        "shipping": {
            "never": "What the delivery cost you is not refunded.",
            "first": "What the delivery cost you is refunded with the first item you return.",
            "share": "What the delivery cost you is refunded in proportion to the price of what "
            "you return.",
            "whole_order": "What the delivery cost you is refunded once you have returned the "
            "whole order.",
        },
        "points_spent": {
            "never": "Points that you paid with are not given back.",
            "first": "Points that you paid with are given back with the first item you return.",
            "share": "Points that you paid with are given back in proportion to the price of what "
            "you return.",
            "whole_order": "Points that you paid with are given back once you have returned the "
            "whole order.",
        },
        "points_earned": {
            "never": "Points that the purchase earned you stay yours.",
            "first": "Points that the purchase earned you are taken back with the first item you "
            "return.",
            "share": "Points that the purchase earned you are taken back in proportion to the "
            "price of what you return.",
            "whole_order": "Points that the purchase earned you are taken back once you have "
            "returned the whole order.",
        },
        "coupons": {
            "never": "Coupons that you used are not valid again.",
            "first": "Coupons that you used are valid again once you return the first item.",
            "share": "Coupons that you used are valid again once you have returned the whole "
            "order.",
            "whole_order": "Coupons that you used are valid again once you have returned the "
            "whole order.",
        },
    },
    standard_shipping="If you chose a dearer delivery than our cheapest, only what that one would "
    "have cost counts.",
    refund_due={
        "approval": "The refund is due when the return is approved.",
        "carrier_scan": "The refund is due when the carrier has the goods.",
        "receipt": "The refund is due when we have received the goods.",
        "inspection": "The refund is due when we have checked the goods.",
    },
    review={
        "automatic": "The request is approved at once.",
        "person": "A member of our staff looks at the request.",
        "senior": "A senior member of our staff looks at the request.",
        "two_persons": "Two members of our staff look at the request.",
    },
    date_form="{day:%Y-%m-%d}",
    from_day="Applies to purchases from {begins} on.",
    from_to="Applies to purchases from {begins} until before {ends}.",
    never="This version was taken back before it began: it applies to no purchase.",
    closing_form=(
        "The day of delivery is not counted; a period ends at the end of its last day "
        "({time_zone}). If the day of delivery is not known, {transit_days} days after sending "
        "count as delivery. If terms change later to your advantage, the better ones apply. A "
        "condition that compares something which is not known is not met. Our staff may look at "
        "any request. Your statutory rights are not affected."
    ),
)
