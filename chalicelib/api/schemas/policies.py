"""Policies: versions as they were written, what is wrong with them, and the terms they make."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.api.schemas.common import PageQuery
from chalicelib.contracts.fields import Id, Moment, MomentOut, Strict, View
from chalicelib.core.errors import FieldError
from chalicelib.policy.document import VersionState
from chalicelib.policy.publishing import FAULTS_MAX, Findings, Placed
from chalicelib.policy.terms import Clause, Terms
from chalicelib.policy.versions import BUILT_IN_BY, Shelf
from chalicelib.store.policy_rows import PolicyRow

_SAID = Annotated[int, Field(ge=0)]


class EndBody(Strict):
    """When a published version is to end."""

    at: Moment


class TermsQuery(Strict):
    """In which language; without it that of Accept-Language."""

    lang: Literal["en", "zh-CN"] | None = None


class PoliciesQuery(PageQuery):
    """A page of versions; of one policy only, where it is named."""

    policy: Id | None = None


class FindingView(View):
    """One finding: where in the document, its code, and a sentence."""

    pointer: str
    code: str
    message: str

    @classmethod
    def of(cls, found: FieldError) -> Self:
        return cls(pointer=found.pointer, code=found.code, message=found.message)


class CheckView(View):
    """`faults` keep a document from being published; `oddities` are worth a look.

    Of very many the first hundred are told, and their number.
    """

    publishable: bool
    faults: tuple[FindingView, ...]
    fault_count: _SAID
    oddities: tuple[FindingView, ...]
    oddity_count: _SAID

    @classmethod
    def of(cls, found: Findings) -> Self:
        return cls(
            publishable=not found.faults,
            faults=_told(found.faults),
            fault_count=len(found.faults),
            oddities=_told(found.oddities),
            oddity_count=len(found.oddities),
        )


class PolicyView(View):
    """One version; `document` is what was written, `digest` its SHA-256.

    `begins` and `ends` are what the shelf of the policy says: when it is really in force. `check`
    tells what keeps a draft from being published, and of every version what is odd about it.
    """

    version_id: str
    policy: str
    state: VersionState
    built_in: bool
    document: dict[str, Any]  # Any: the form that docs/policy.schema.json describes
    digest: str
    drafted_at: MomentOut
    drafted_by: str
    published_at: MomentOut | None
    published_by: str | None
    begins: MomentOut | None
    ends: MomentOut | None
    check: CheckView
    version: int

    @classmethod
    def of(cls, placed: Placed, found: Findings) -> Self:
        known, shelf = placed.version, placed.shelf
        begins, ends = _span(known.version_id, shelf)
        return cls(
            version_id=known.version_id,
            policy=known.policy,
            state=known.state,
            built_in=known.drafted_by == BUILT_IN_BY,
            document=json.loads(known.form),
            digest=known.digest,
            drafted_at=known.drafted_at,
            drafted_by=known.drafted_by,
            published_at=known.published_at,
            published_by=known.published_by,
            begins=begins,
            ends=ends,
            check=CheckView.of(found),
            version=known.version,
        )


class PolicyRowView(View):
    """A version in a list. `in_force`: what is sold now under this policy is sold under it."""

    version_id: str
    policy: str
    title: dict[str, str]
    state: VersionState
    built_in: bool
    begins: MomentOut | None
    ends: MomentOut | None
    in_force: bool
    drafted_at: MomentOut
    version: int

    @classmethod
    def of(cls, row: PolicyRow, shelf: Shelf, now: datetime) -> Self:
        """A draft would begin and end as its document says."""
        is_published = row.state is VersionState.PUBLISHED
        said = row.effective_from, row.effective_to
        begins, ends = _span(row.version_id, shelf) if is_published else said
        return cls(
            version_id=row.version_id,
            policy=row.policy,
            title=dict(row.title),
            state=row.state,
            built_in=row.built_in,
            begins=begins,
            ends=ends,
            in_force=shelf.in_force(now) == row.version_id,
            drafted_at=row.drafted_at,
            version=row.version,
        )


class PoliciesPage(View):
    """Versions of the merchant's own, by policy and beginning; and all that are built in."""

    items: tuple[PolicyRowView, ...]
    built_in: tuple[PolicyRowView, ...]
    next_cursor: str | None


class ClauseView(View):
    """One rule in words; `applies` is empty for one that always does."""

    rule_id: str
    title: str
    applies: str
    says: tuple[str, ...]

    @classmethod
    def of(cls, clause: Clause) -> Self:
        return cls(
            rule_id=clause.rule_id, title=clause.title, applies=clause.applies, says=clause.says
        )


class TermsView(View):
    """The terms that a customer reads, in one language; `digest` tells texts apart."""

    language: str
    policy: str
    version_id: str
    title: str
    in_force: str
    intro: str
    clauses: tuple[ClauseView, ...]
    closing: str
    digest: str

    @classmethod
    def of(cls, terms: Terms) -> Self:
        return cls(
            language=terms.language,
            policy=terms.policy,
            version_id=terms.version_id,
            title=terms.title,
            in_force=terms.in_force,
            intro=terms.intro,
            clauses=tuple(ClauseView.of(clause) for clause in terms.clauses),
            closing=terms.closing,
            digest=terms.digest,
        )


class PaperView(View):
    """Where the PDF may be fetched until `expires_at`; the same address is in Location."""

    url: str
    expires_at: MomentOut


def _told(found: tuple[FieldError, ...]) -> tuple[FindingView, ...]:
    return tuple(FindingView.of(one) for one in found[:FAULTS_MAX])


def _span(version_id: str, shelf: Shelf) -> tuple[datetime | None, datetime | None]:
    """When a published version really is in force; what was taken back begins nowhere."""
    entry = shelf.entry(version_id)
    if entry is None:
        return None, None
    return (None, entry.ends) if entry.is_taken_back else (entry.begins, shelf.end_of(version_id))
