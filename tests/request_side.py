"""What a shop's people do about a request beside asking and deciding."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.returns import asking, documents, editing, ending, investigating
from chalicelib.returns.model import DeadlineKind, LinkedDocument, Return
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.wishes import RequestedLine
from tests.fake_reads import Reader

T = TypeVar("T")


class RequestSide:
    """Part of the Shop: one command each, through whatever store it has."""

    __slots__ = ()

    @abstractmethod
    def do(
        self, decide: Callable[[Reader, Context], Decided[T]], context: Context | None = None
    ) -> T:
        """Run one use case."""

    def asks_customer(self, ret: Return, question: str = "Is it sealed?") -> Return:
        command = asking.RequestInfo(question=question)
        return self.do(
            lambda reads, context: asking.request_info(reads, ret.return_id, command, context)
        )

    def edits(self, ret: Return, *wishes: RequestedLine, **more: Any) -> Return:
        """Other lines, or `more` fields of Edit."""
        command = editing.Edit(lines=wishes or None, **more)
        return self.do(lambda reads, context: editing.edit(reads, ret.return_id, command, context))

    def cancels(self, ret: Return, reason: str = "KEEPS_IT", **quantities: int) -> Return:
        """All that may be taken back, or `line_1=2` units of line 1 and so on."""
        lines = tuple(
            NamedQuantity(line_no=name.removeprefix("line_"), quantity=quantity)
            for name, quantity in quantities.items()
        )
        command = ending.Cancel(reason=reason, lines=lines or None)
        return self.do(lambda reads, context: ending.cancel(reads, ret.return_id, command, context))

    def expires(self, ret: Return, kind: DeadlineKind | None = None) -> Return:
        return self.do(lambda reads, context: ending.expire(reads, ret.return_id, kind, context))

    def links(self, ret: Return, kind: str, ref: str = "P-1") -> Return:
        paper = LinkedDocument(kind=kind, ref=ref)
        return self.do(lambda reads, context: documents.link(reads, ret.return_id, paper, context))

    def reports_cause(self, ret: Return) -> Return:
        command = investigating.ReportCause(
            asked=("picker",), investigation="counted", data="2 too many", conclusion="relabelled"
        )
        return self.do(
            lambda reads, context: investigating.report_cause(
                reads, ret.return_id, command, context
            )
        )
