"""R9: places that nobody used, by the reason given, and what became of the charges for them (R9b)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from bookings.charging import GivenUp, refilled
from bookings.models import Booking, CancelReason, ChargeNotice
from bookings.models.booking import ABSENT_STATES, PLACE_HOLDING_STATES, State
from bookings.models.charge import ChargeState
from bookings.models.invoice import InvoiceLine, InvoiceState
from courses.models import Event
from evaluation import figures, suppression
from evaluation.reports import cells
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.counts import WALK_IN
from evaluation.reports.selection import Selection
from evaluation.suppression import Hidden
from evaluation.suppression import Sum as SumOf

NOT_KNOWN = ""
IN_ALL = "all"
QUESTION = "How well did we do it?"
LOST_COLUMNS = [
    Column("Reason", "text"),
    Column("Cancelled late"),
    Column("Did not attend"),
    Column("Together"),
    Column("Of all lost places", "rate"),
    Column("Taken by somebody else"),
]
CHARGE_COLUMNS = [Column("What became of it", "text"), Column("Charges"), Column("Amount", "count")]
RAISED, PAID, OPEN = "raised", "paid", "open"


@dataclass(frozen=True)
class LostCounts:
    """Of places that were given up late, or not used, for one reason."""

    late: int = 0
    missed: int = 0
    refilled: int = 0

    @property
    def together(self) -> int:
        return self.late + self.missed

    def __add__(self, other: "LostCounts") -> "LostCounts":
        return LostCounts(self.late + other.late, self.missed + other.missed, self.refilled + other.refilled)


def lost_by_reason(selection: Selection) -> dict[str, LostCounts]:
    """By reason, as it was given with the cancellation or afterwards; without one under NOT_KNOWN."""
    said = ChargeNotice.objects.shown_to_agencies().filter(booking=OuterRef("pk")).explained().order_by("-pk")
    bookings = selection.bookings().annotate(said=Subquery(said.values("reason_given_for")[:1]))
    taken = _taken_by_others(bookings.filter(state=State.CANCELLED_LATE))
    found: dict[str, LostCounts] = defaultdict(LostCounts)
    lost = bookings.filter(Q(state=State.CANCELLED_LATE) | Q(state__in=ABSENT_STATES) & ~WALK_IN)
    for pk, state, given, later in lost.order_by("pk").values_list("pk", "state", "cancelled_for", "said"):
        is_late = state == State.CANCELLED_LATE
        found[given or later or NOT_KNOWN] += LostCounts(is_late, not is_late, pk in taken)
    return dict(found)


def _taken_by_others(late: QuerySet[Booking]) -> set[int]:
    """Return the bookings, cancelled late, whose place somebody else took. Asked of each date as a whole (rule B10)."""
    dates = set(late.values_list("event_id", flat=True))
    given_up, newcomers = defaultdict(list), defaultdict(list)
    everybody = Booking.objects.filter(event__in=dates)
    for event, pk, at in everybody.filter(state=State.CANCELLED_LATE).values_list("event_id", "pk", "cancelled_at"):
        if at is not None:
            given_up[event].append(GivenUp(key=pk, at=at))
    came = everybody.filter(state__in=PLACE_HOLDING_STATES, confirmed_at__isnull=False)
    for event, at in came.exclude(replaces__event_id=F("event_id")).values_list("event_id", "confirmed_at"):
        if at is not None:
            newcomers[event].append(at)
    return {
        pk
        for event in Event.objects.filter(pk__in=dates)
        for pk in refilled(given_up=given_up[event.pk], taken_at=newcomers[event.pk], free_places=event.free_places)
    }


@dataclass(frozen=True)
class ChargeCounts:
    """So many charges, of so many pounds."""

    number: int = 0
    pounds: Decimal = Decimal()

    def __add__(self, other: "ChargeCounts") -> "ChargeCounts":
        return ChargeCounts(self.number + other.number, self.pounds + other.pounds)


def charges_by_end(selection: Selection) -> dict[str, ChargeCounts]:
    """Charges for the places of the period: waived, by the reason; raised, paid or not yet; still open."""
    notices = ChargeNotice.objects.shown_to_agencies().filter(booking__in=selection.bookings().values("pk"))
    lines = InvoiceLine.objects.filter(
        Q(charge=OuterRef("pk")) | Q(order_line=OuterRef("booking__order_line")),
        is_live=True,
        invoice__state=InvoiceState.PAID,
    )
    rows = notices.annotate(is_paid=Exists(lines)).values_list("state", "waived_for", "is_paid")
    found: dict[str, ChargeCounts] = defaultdict(ChargeCounts)
    for state, waived_for, is_paid, number, pounds in rows.annotate(Count("pk"), Sum("amount")).order_by():
        end = waived_for if state == ChargeState.WAIVED else OPEN
        if state == ChargeState.APPROVED:
            end = PAID if is_paid else RAISED
        found[end] += ChargeCounts(number, pounds)
    return dict(sorted(found.items()))


# A place was given up late or left unused, and only one that was given up late can be taken by somebody else.
AT_LEAST = (
    (("together",), ("late", "missed")),
    (("late", "missed"), ("together",)),
    (("late",), ("refilled",)),
)


def lost_places_table(
    lost: Mapping[str, LostCounts],
    places: int | None,
    threshold: int,
    hidden_elsewhere: frozenset[str] = frozenset(),
    *,
    is_narrowed: bool = False,
) -> Table:
    """`hidden_elsewhere` names the totals ("late", "missed") that other tables do not show.

    A report with a filter leaves the table out: less that, the whole would tell.
    """
    table = Table("R9", "Lost places", QUESTION, LOST_COLUMNS)
    if is_narrowed:
        table.sentence = "Reasons for lost places are counted in reports without filters alone."
        return table
    rows = _reasons(lost)
    columns = _lost_columns(rows, threshold, hidden_elsewhere)
    lost_in_all = rows[IN_ALL].together
    for reason, counts in rows.items():
        is_hidden = columns["together"][reason]["hidden"] or columns["together"][IN_ALL]["hidden"]
        share = cells.rate(figures.rate(counts.together, lost_in_all))
        table.add(
            "total" if reason == IN_ALL else "row",
            cells.text(_reason(reason)),
            *(columns["late"][reason], columns["missed"][reason], columns["together"][reason]),
            cells.concealed(Hidden.LINKED, threshold) if is_hidden else share,
            columns["refilled"][reason],
        )
    table.sentence = _sentence(columns, rows[IN_ALL], places)
    return table


def _reasons(lost: Mapping[str, LostCounts]) -> dict[str, LostCounts]:
    """Every reason there is, so that a missing one is seen to be nothing; then all together."""
    order = [*CancelReason.values, NOT_KNOWN]
    return {reason: lost.get(reason, LostCounts()) for reason in order} | {IN_ALL: sum(lost.values(), LostCounts())}


def _lost_columns(
    rows: Mapping[str, LostCounts], threshold: int, hidden_elsewhere: frozenset[str]
) -> dict[str, dict[str, Cell]]:
    names = ("late", "missed", "together", "refilled")
    numbers = {name: {reason: getattr(counts, name) for reason, counts in rows.items()} for name in names}
    sums = [SumOf(IN_ALL, tuple(reason for reason in rows if reason != IN_ALL))]
    also = {name: [IN_ALL] for name in hidden_elsewhere}
    parts = [suppression.protect(numbers[name], sums, threshold, also.get(name, ())) for name in ("late", "missed")]
    # Where a part of a sum is hidden, so is the sum.
    also["together"] = [reason for reason in rows if any(reason in hidden for hidden in parts)]
    hidden = suppression.protect_together(numbers, sums, AT_LEAST, threshold, also)
    return {
        name: {
            reason: cells.concealed(hidden[name][reason], threshold) if reason in hidden[name] else cells.count(number)
            for reason, number in column.items()
        }
        for name, column in numbers.items()
    }


def _reason(reason: str) -> str:
    if reason in CancelReason.values:
        return CancelReason(reason).label.capitalize()
    return "All reasons" if reason == IN_ALL else "Not known"


def _sentence(columns: Mapping[str, Mapping[str, Cell]], in_all: LostCounts, places: int | None) -> str:
    if not in_all.together:
        return "No place was given up late or left unused."
    together, taken = columns["together"][IN_ALL], columns["refilled"][IN_ALL]
    if together["hidden"] or taken["hidden"]:
        return "Places were given up late or left unused; how many is too few to say."
    share = figures.lost_share(lost=in_all.together - in_all.refilled, places=places) if places else None
    of_places = f", {share.whole_number}% of the places offered" if share else ""
    return (
        f"{together['text']} places were given up late or left unused, and {taken['text']} of them were taken by "
        f"somebody else: {in_all.together - in_all.refilled:,} were lost{of_places}."
    )


def charges_table(charges: Mapping[str, ChargeCounts], threshold: int, is_narrowed: bool = False) -> Table:
    """What became of charges for lost places. A narrowed report leaves it out: a difference would tell of one agency."""
    table = Table("R9b", "Charges for lost places", QUESTION, CHARGE_COLUMNS)
    if is_narrowed:
        table.sentence = "Charges are shown in reports without filters alone."
        return table
    words = {end: f"Waived: {label}" for end, label in ChargeNotice.WaivedFor.choices}
    words |= {PAID: "Raised, and paid", RAISED: "Raised, not paid yet", OPEN: "Not decided yet", IN_ALL: "All charges"}
    rows = {end: charges.get(end, ChargeCounts()) for end in words if end != IN_ALL}
    rows[IN_ALL] = sum(charges.values(), ChargeCounts())
    numbers = {end: counts.number for end, counts in rows.items()}
    sums = [SumOf(IN_ALL, tuple(end for end in numbers if end != IN_ALL))]
    hidden = suppression.protect(numbers, sums, threshold)
    for end, counts in rows.items():
        why = hidden.get(end)
        shown = [cells.concealed(why, threshold), cells.concealed(Hidden.LINKED, threshold)] if why else [
            cells.count(counts.number), cells.money(counts.pounds)
        ]  # fmt: skip
        table.add("total" if end == IN_ALL else "row", cells.text(words[end]), *shown)
    in_all = rows[IN_ALL]
    table.sentence = (
        "No charges were drafted."
        if not in_all.number
        else "What became of the charges that were drafted for lost places."
    )
    return table
