"""Debts: what is owed to the council, by how long it is overdue and by organisation; and what waits for finance today."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from bookings.models import CreditNote, Invoice, Order, Payment, Refund
from bookings.models.invoice import InvoiceState
from courses.money import NOTHING

OUTSTANDING = F("gross") - F("amount_credited") - F("amount_paid") - F("amount_written_off")


@dataclass(frozen=True)
class Age:
    """So many days after it was due; the first has not come yet, the last has no end."""

    name: str
    label: str
    first: int | None
    last: int | None

    def condition(self, today: date) -> Q:
        """What an invoice of this age has in common with the others."""
        late = Q() if self.first is None else Q(due_on__lte=today - timedelta(days=self.first))
        return late if self.last is None else late & Q(due_on__gte=today - timedelta(days=self.last))


AGES = (
    Age("not-due", "Not due yet", None, 0),
    Age("1-30", "1 to 30 days late", 1, 30),
    Age("31-60", "31 to 60 days late", 31, 60),
    Age("61-90", "61 to 90 days late", 61, 90),
    Age("over-90", "Over 90 days late", 91, None),
)


@dataclass(frozen=True, kw_only=True)
class Debt:
    """What one organisation, or all of them together, owes: in pounds by age."""

    name: str
    by_age: list[Decimal]
    organisation_id: int | None = None

    @property
    def ages(self) -> list[tuple[Age, Decimal]]:
        return list(zip(AGES, self.by_age, strict=True))

    @property
    def total(self) -> Decimal:
        return sum(self.by_age, NOTHING)


def debts_by_organisation(today: date) -> QuerySet:
    """Who owes something, the largest debt first; read with `debts`."""
    due = Invoice.objects.due().values("organisation_id", "organisation__name")
    return due.annotate(total=Sum(OUTSTANDING), **_sums(today)).order_by("-total", "organisation__name")


def debts(rows: QuerySet) -> Iterator[Debt]:
    for row in rows:
        yield Debt(
            name=row["organisation__name"],
            organisation_id=row["organisation_id"],
            by_age=[row[_column(age)] for age in AGES],
        )


def all_debts(today: date) -> Debt:
    """What everybody together owes."""
    sums = Invoice.objects.due().aggregate(**_sums(today))
    return Debt(name="Everybody", by_age=[sums[_column(age)] for age in AGES])


def _sums(today: date) -> dict[str, Coalesce]:
    return {_column(age): Coalesce(Sum(OUTSTANDING, filter=age.condition(today)), NOTHING) for age in AGES}


def _column(age: Age) -> str:
    return "age_" + age.name.replace("-", "_")


def waiting_for_finance(now: datetime) -> dict[str, int]:
    """How many of each there are that somebody of finance has to look at."""
    today = timezone.localtime(now).date()
    counts = Invoice.objects.aggregate(
        drafts=Count("pk", filter=Q(state=InvoiceState.DRAFT)),
        disputes=Count("pk", filter=Q(state=InvoiceState.DISPUTED)),
    )
    payments = Payment.objects.all()
    return {
        **counts,
        "overdue": Invoice.objects.overdue(today).count(),
        "lacking": Invoice.objects.lacking_details().count(),
        "purchase_orders": Order.objects.overdue_without_purchase_order(now).count(),
        "credit_notes": CreditNote.objects.drafts().count(),
        "unmatched": payments.with_money_left().count(),
        "alarms": payments.alarming().count(),
        "refunds": Refund.objects.failed().count(),
        "to_export": to_export(),
        "unprintable": Invoice.objects.unprintable().count() + CreditNote.objects.unprintable().count(),
    }


def to_export() -> int:
    """How many documents the next export would hold."""
    return (
        Invoice.objects.to_export().count()
        + CreditNote.objects.to_export().count()
        + Refund.objects.to_export().count()
    )
