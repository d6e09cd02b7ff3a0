"""The papers of a return: which a type needs before approval, which are missing, and linking one.

The outbound order needs no linking: the order knows its deliveries.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.core.events import Context, Journal
from chalicelib.orders.model import Order
from chalicelib.policy.verdict import LineDecision
from chalicelib.returns.facts import header
from chalicelib.returns.loading import found
from chalicelib.returns.model import Closure, LinkedDocument, Return, ReturnType
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.standing import status_of

DOCUMENTS_MAX = 100


class DocumentKind(StrEnum):
    """The kinds that rules know; papers of other kinds may be linked too."""

    OUTBOUND_ORDER = "outbound_order"
    SALES_CONTRACT = "sales_contract"
    QC_REPORT = "qc_report"
    APPLICATION_FORM = "application_form"
    PROOF_OF_PURCHASE = "proof_of_purchase"
    PHOTO = "photo"
    INVOICE = "invoice"


_K = DocumentKind
REQUIRED: dict[ReturnType, tuple[tuple[DocumentKind, ...], ...]] = {
    ReturnType.QUALITY: ((_K.PHOTO, _K.QC_REPORT),),
    ReturnType.SALES_ADJUSTMENT: ((_K.SALES_CONTRACT,), (_K.APPLICATION_FORM,)),
    ReturnType.RECALL: ((_K.APPLICATION_FORM,), (_K.QC_REPORT,)),
    ReturnType.STOCK_ERROR: ((_K.OUTBOUND_ORDER,), (_K.APPLICATION_FORM,)),
}
"""What each type needs before it is approved; of alternatives any one will do."""
REQUIRED_BLIND = ((_K.PROOF_OF_PURCHASE,),)
"""What a return needs beside them as long as nobody found its sale. Ours by error has none."""
CAUSE_REPORTED = frozenset({ReturnType.SALES_ADJUSTMENT, ReturnType.RECALL, ReturnType.STOCK_ERROR})
"""Types that are approved only once it is written down why the goods come back."""


def missing(ret: Return, *, with_evidence: bool = True) -> tuple[str, ...]:
    """The kinds that are not linked yet, alternatives as `photo|qc_report`.

    `with_evidence` False: only those that its type needs, whatever policy asks for.
    """
    verdicts = ret.decision.lines if ret.decision is not None and with_evidence else ()
    asked = evidence_of(verdicts)
    return missing_of(ret.type, ret.documents, is_blind=ret.is_blind, evidence=asked)


def missing_of(
    type_: ReturnType,
    linked: Iterable[LinkedDocument],
    *,
    is_blind: bool,
    evidence: Iterable[str] = (),
) -> tuple[str, ...]:
    """As `missing`, of a return that is only asked about. `evidence` is what policy asks for."""
    kinds = {document.kind for document in linked}
    required: tuple[tuple[str, ...], ...] = REQUIRED.get(type_, ())
    if is_blind and type_ is not ReturnType.STOCK_ERROR:
        required += REQUIRED_BLIND
    absent = ["|".join(any_of) for any_of in required if kinds.isdisjoint(any_of)]
    return tuple(dict.fromkeys((*absent, *(kind for kind in evidence if kind not in kinds))))


def evidence_of(verdicts: Iterable[LineDecision]) -> tuple[str, ...]:
    """The kinds of papers that policy and reasons ask for, for any of the lines."""
    return tuple(
        dict.fromkeys(
            kind for verdict in verdicts for kind in (*verdict.evidence, *verdict.reason_evidence)
        )
    )


def needs_cause_report(ret: Return) -> bool:
    """Whether the reason still has to be investigated and written down."""
    return ret.type in CAUSE_REPORTED and ret.cause_report is None


def with_evidence(verdict: LineDecision, asked: Iterable[str], type_: ReturnType) -> LineDecision:
    """The verdict that asks for this too, but for kinds that the type has a say about itself."""
    by_type = {kind for any_of in REQUIRED.get(type_, ()) for kind in any_of}
    more = tuple(kind for kind in asked if kind not in by_type)
    return replace(verdict, reason_evidence=more)


def require_papers(ret: Return, *, with_evidence: bool = True) -> None:
    """Raises Conflict `documents_missing` or `cause_report_required`."""
    absent = missing(ret, with_evidence=with_evidence)
    if absent:
        raise Conflict(
            "documents_missing",
            f"Before approval these have to be linked: {', '.join(absent)}.",
            missing_documents=list(absent),
        )
    if needs_cause_report(ret):
        raise Conflict(
            "cause_report_required",
            f"A {ret.type.value} is approved once its cause report is there.",
            type=ret.type.value,
        )


CUSTOMERS_KINDS = frozenset({_K.PHOTO.value, _K.PROOF_OF_PURCHASE.value, _K.INVOICE.value})
"""What customers may link themselves: the other kinds are for staff to state."""


def by_customer(documents: Iterable[LinkedDocument]) -> tuple[LinkedDocument, ...]:
    """The papers as those of a customer; raises NotAllowed for a kind that is not for them."""
    marked = tuple(replace(document, by_customer=True) for document in documents)
    for document in marked:
        if document.kind not in CUSTOMERS_KINDS:
            known = ", ".join(sorted(CUSTOMERS_KINDS))
            raise NotAllowed(
                "document_kind_not_yours",
                f"Customers link only {known}.",
                kinds=sorted(CUSTOMERS_KINDS),
            )
    return marked


def replaced_by_customer(
    linked: Iterable[LinkedDocument], new: Iterable[LinkedDocument]
) -> tuple[LinkedDocument, ...]:
    """The customer's papers instead of those that were theirs; what staff linked stays."""
    return with_documents((one for one in linked if not one.by_customer), new)


def outbound(order: Order, line_nos: Iterable[str | None]) -> tuple[LinkedDocument, ...]:
    """The outbound orders of these lines; of goods on no line, all of the order."""
    asked = set(line_nos)
    return tuple(
        LinkedDocument(kind=DocumentKind.OUTBOUND_ORDER.value, ref=delivery.delivery_no)
        for delivery in order.deliveries
        if None in asked or any(item.line_no in asked for item in delivery.items)
    )


def with_documents(
    documents: Iterable[LinkedDocument], more: Iterable[LinkedDocument]
) -> tuple[LinkedDocument, ...]:
    """Both, each once, the older first."""
    return tuple(dict.fromkeys((*documents, *more)))


def link(
    reads: ReturnReader, return_id: str, document: LinkedDocument, context: Context
) -> Decided[Return]:
    """Link one more paper, as long as the return is not closed. Linked twice, it is there once."""
    ret = found(reads.return_(return_id), return_id, context)
    if document in ret.documents:
        return Decided(result=ret)
    if ret.closure is Closure.COMPLETED:
        status = status_of(ret).value
        raise Conflict("already_closed", "The return is closed.", status=status)
    if len(ret.documents) >= DOCUMENTS_MAX:
        raise Conflict("too_many_documents", f"A return has at most {DOCUMENTS_MAX} documents.")
    ret = replace(
        ret,
        documents=(*ret.documents, document),
        version=ret.version + 1,
        updated_at=context.now,
    )
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.document_linked",
        {**header(ret), "kind": document.kind, "missing_documents": list(missing(ret))},
    )
    ret = replace(ret, chain=journal.chain)
    return Decided(result=ret, changes=Changes(records=(ret,), events=tuple(journal.events)))
