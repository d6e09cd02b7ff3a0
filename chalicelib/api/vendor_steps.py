"""Commands on documents and claims of suppliers, by the last word of their address.

Which fields a command takes, and who may give it, is said here once for both.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.api.schemas.vendor_returns import VendorStepBody
from chalicelib.auth import permissions
from chalicelib.auth.principal import Principal
from chalicelib.core.errors import FieldError, Invalid, NotAllowed, NotFound
from chalicelib.core.money import Money
from chalicelib.suppliers.claiming import Recover, WriteOff

DRAFT = "vendor-returns:draft"
ANSWER, SETTLE, HANDLE = "vendor-claims:answer", "vendor-claims:settle", "vendor-returns:handle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may, and which fields are needed or may be given."""

    allow: str
    needed: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()


_SETTLED = Rule(
    allow=SETTLE,
    needed=frozenset({"amount", "reference"}),
    taken=frozenset({"received_at", "reason"}),
)
_SHARED: dict[str, Rule] = {
    "acknowledge": Rule(allow=ANSWER, taken=frozenset({"reference", "amount"})),
    "dispute": Rule(allow=ANSWER, needed=frozenset({"code"})),
    "state-credit": Rule(allow=ANSWER, needed=frozenset({"amount", "reference"})),
    "reject": Rule(allow=SETTLE, needed=frozenset({"code"})),
    "write-off": Rule(allow=SETTLE, needed=frozenset({"code", "accountable"})),
}
RTV_RULES: dict[str, Rule] = _SHARED | {
    "send": Rule(allow=DRAFT, taken=frozenset({"amount"})),
    "ship": Rule(allow=HANDLE, needed=frozenset({"tracking_no"}), taken=frozenset({"carrier"})),
    "take-back": Rule(allow=HANDLE),
    "cancel": Rule(allow=DRAFT),
    "credit": _SETTLED,
}
CLAIM_RULES: dict[str, Rule] = _SHARED | {
    "send": Rule(allow=SETTLE),
    "accept": Rule(allow=SETTLE, needed=frozenset({"amount"})),
    "recover": _SETTLED,
    "reverse": Rule(allow=SETTLE, needed=frozenset({"reference"})),
    "withdraw": Rule(allow=SETTLE),
}


def rule_of(rules: Mapping[str, Rule], command: str, body: VendorStepBody, who: Principal) -> Rule:
    """The rule of a command that may be given like this; raises NotFound, NotAllowed or Invalid."""
    rule = rules.get(command)
    if rule is None:
        raise NotFound("unknown_command", f"There is no command {command}.", known=sorted(rules))
    if not permissions.may(who, rule.allow):
        raise NotAllowed("command_not_yours", f"You may not {command}.", command=command)
    if rule.allow == DRAFT and body.amount is not None and not permissions.may(who, SETTLE):
        raise NotAllowed("command_not_yours", "Finance says how much is claimed.", command=command)
    given = {name for name, value in body if value is not None}
    faults = [_fault(name, "field_required", "Needed here.") for name in rule.needed - given]
    more = given - rule.needed - rule.taken
    faults += [_fault(name, "field_not_taken", "Not taken here.") for name in more]
    if faults:
        faults.sort(key=lambda fault: fault.pointer)
        raise Invalid(
            "command_fields", f"`{command}` takes other fields.", errors=faults, command=command
        )
    return rule


def is_word_of_supplier(rule: Rule, who: Principal) -> bool:
    """Whether it is said as a supplier, by whoever may say it as nobody else."""
    return permissions.as_supplier(who, rule.allow)


def amount_of(body: VendorStepBody) -> Money | None:
    return body.amount.to_domain() if body.amount is not None else None


def agreed_of(body: VendorStepBody) -> Money:
    amount = amount_of(body)
    assert amount is not None, "the rule needs it"
    return amount


def reference_of(body: VendorStepBody) -> str:
    assert body.reference is not None, "the rule needs it"
    return body.reference


def stated_of(body: VendorStepBody) -> tuple[Money, str]:
    return agreed_of(body), reference_of(body)


def recovery_of(body: VendorStepBody) -> Recover:
    amount, reference = stated_of(body)
    return Recover(
        amount=amount, reference=reference, received_at=body.received_at, reason=body.reason
    )


def code_of(body: VendorStepBody) -> str:
    assert body.code is not None, "the rule needs it"
    return body.code


def loss_of(body: VendorStepBody) -> WriteOff:
    assert body.accountable is not None, "the rule needs it"
    return WriteOff(code=code_of(body), accountable=body.accountable)


def _fault(name: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=f"/{name}", code=code, message=message)
