"""What readers of a report must know of the data behind it: open registers, employers nobody placed, late feedback."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q

from bookings.models.booking import State
from courses.models import Event, Strand
from evaluation.reports.answers import ResponseCounts
from evaluation.reports.selection import DELIVERED_STATES, Selection
from evaluation.suppression import Hidden, is_small, words


def data_notes(
    selection: Selection, *, responses: Iterable[ResponseCounts], now: datetime, threshold: int
) -> list[str]:
    """Return one sentence for each thing that makes the figures less than final or less than whole."""
    dates = _dates(selection, now)
    bookings = selection.bookings().aggregate(
        unmarked=Count("pk", filter=Q(state=State.CONFIRMED)), unmatched=Count("pk", filter=Q(sector=""))
    )
    waiting = sum(counts.waiting for counts in responses)

    def shown(number: int) -> str:
        return words(threshold)[Hidden.SMALL] if is_small(number, threshold) else f"{number:,}"

    unmarked, unmatched = shown(bookings["unmarked"]), shown(bookings["unmatched"])
    unlocked = f"{dates['unlocked']:,} of {dates['delivered']:,}"
    sentences = (
        (selection.period.ends_before > now, "The period has not ended, so every figure will still change."),
        (dates["unrecorded"], f"Dates that are over but not closed, and so not counted yet: {dates['unrecorded']:,}."),
        (dates["unlocked"], f"Registers not locked yet, so that figures may be corrected: {unlocked} dates."),
        (bookings["unmarked"], f"Bookings nobody marked, counted neither as attended nor as missed: {unmarked}."),
        (
            bookings["unmatched"],
            f"Bookings from employers not matched to an agency, under Private and other: {unmatched}.",
        ),
        (waiting, f"Questionnaires still open for an answer: {shown(waiting)}."),
        (dates["unlimited"], "Dates without a limit on places are left out of fill rate and occupancy."),
        (
            dates["shared"],
            "Some dates were open to other strands too: all their places count, but only bookings in this report’s strands.",
        ),
        (
            selection.is_about_some_agencies,
            "Dates and places belong to no agency: dates are those of the whole offer; fill rate and occupancy are left out.",
        ),
    )
    return [sentence for applies, sentence in sentences if applies]


def _dates(selection: Selection, now: datetime) -> dict[str, int]:
    took_place = Q(state__in=DELIVERED_STATES)
    others = [strand for strand in Strand.values if strand not in selection.strands]
    counts = selection.planned_events().aggregate(
        delivered=Count("pk", filter=took_place),
        unlocked=Count("pk", filter=Q(state=Event.State.DELIVERED)),
        unrecorded=Count("pk", filter=Q(state__in=[Event.State.OPEN, Event.State.POSTPONED], ends_at__lte=now)),
        unlimited=Count("pk", filter=took_place & Q(places__isnull=True)),
    )
    shared = selection.planned_events().filter(took_place, offers__strand__in=others).exists()
    return {**counts, "shared": int(shared)}
