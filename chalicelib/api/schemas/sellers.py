"""The merchant on paper: who issues notes, and in which series they are numbered."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from chalicelib.contracts.fields import Code, Label, Strict, View
from chalicelib.invoicing.seller import Identity, Seller, SeriesRule
from chalicelib.invoicing.sellers import StateSeller

Language = Literal["en", "zh-CN"]
Address = Annotated[tuple[Label, ...], Field(max_length=6)]


class SeriesBody(Strict):
    """Whose notes are numbered so: of a channel, of a region, of both, or (neither) of all others.

    The year of a number, and the day on the note, are those of `time_zone`.
    """

    series: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,11}$")] = Field(
        examples=["CN"]
    )
    time_zone: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,60}$")] = Field(
        default="UTC", examples=["Europe/Berlin"]
    )
    channel: Code | None = None
    region: Code | None = None

    def to_domain(self) -> SeriesRule:
        return SeriesRule(
            series=self.series,
            time_zone=self.time_zone,
            channel=self.channel,
            region=self.region,
        )


class SellerBody(Strict):
    """The merchant as it is to be on notes from now on; what is left out is not kept from before.

    The first entry of `series` that fits an order is the one its notes are numbered in.
    """

    name: Annotated[dict[Language, Label], Field(min_length=1)]
    address: dict[Language, Address] = Field(default_factory=dict)
    tax_id: Code | None = None
    registration_no: Label | None = None
    phone: Label | None = None
    email: Label | None = None
    bank: Label | None = None
    series: Annotated[tuple[SeriesBody, ...], Field(max_length=50)] = ()

    def to_domain(self) -> StateSeller:
        identity = Identity(
            names={str(language): name for language, name in self.name.items()},
            addresses={str(language): lines for language, lines in self.address.items()},
            tax_id=self.tax_id,
            registration_no=self.registration_no,
            phone=self.phone,
            email=self.email,
            bank=self.bank,
        )
        return StateSeller(identity=identity, rules=tuple(rule.to_domain() for rule in self.series))


class IdentityView(View):
    """Who issued a note, as they were called then: name and lines of the address by language."""

    name: dict[str, str]
    address: dict[str, tuple[str, ...]]
    tax_id: str | None
    registration_no: str | None
    phone: str | None
    email: str | None
    bank: str | None

    @classmethod
    def of(cls, identity: Identity) -> Self:
        return cls(
            name=dict(identity.names),
            address=dict(identity.addresses),
            tax_id=identity.tax_id,
            registration_no=identity.registration_no,
            phone=identity.phone,
            email=identity.email,
            bank=identity.bank,
        )


class SeriesView(View):
    series: str
    time_zone: str
    channel: str | None
    region: str | None


class SellerView(View):
    """The merchant as it is now; `seller` is null until somebody states it."""

    seller: IdentityView | None
    series: tuple[SeriesView, ...]
    version: int

    @classmethod
    def of(cls, seller: Seller) -> Self:
        return cls(
            seller=IdentityView.of(seller.identity) if seller.identity else None,
            series=tuple(
                SeriesView(
                    series=rule.series,
                    time_zone=rule.time_zone,
                    channel=rule.channel,
                    region=rule.region,
                )
                for rule in seller.rules
            ),
            version=seller.version,
        )
