"""What a report counts: which dates and which bookings. Every table starts from here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from accounts.models.organisation import GROUP_OF_SECTOR, Sector
from bookings.models import Booking, WaitingListEntry
from courses.models import Event, Offer
from evaluation.reports.periods import Period

DELIVERED_STATES = (Event.State.DELIVERED, Event.State.LOCKED)
# A filter on a sector is one sector (`school_academy`) or all sectors of a reporting group (`group:education`).
GROUP_PREFIX = "group:"


@dataclass(frozen=True)
class Selection:
    """A period, strands, and what narrows them. Filters on sector and cluster narrow bookings, not dates."""

    period: Period
    strands: tuple[str, ...]
    course: int | None = None
    mode: str = ""
    sector: str = ""
    cluster: int | None = None
    # These dates alone, where what somebody did on them is looked at.
    dates: tuple[int, ...] = ()

    @classmethod
    def of(cls, period: Period, strands: tuple[str, ...], filters: Mapping[str, Any]) -> "Selection":
        """Make one from what a report's row stores."""
        return cls(period, strands, **filters)

    def at(self, period: Period) -> "Selection":
        return replace(self, period=period)

    @property
    def without_filters(self) -> "Selection":
        return Selection(self.period, self.strands)

    @property
    def is_narrowed(self) -> bool:
        return self != self.without_filters

    @property
    def is_about_some_agencies(self) -> bool:
        """Then places and dates, which belong to no agency, say nothing about it."""
        return bool(self.sector or self.cluster)

    @property
    def is_all_of(self) -> tuple[str, int | str] | None:
        """What a filter by itself makes this report the whole of: a course, a way of taking part, or a reporting group."""
        if self == replace(self.without_filters, course=self.course) and self.course:
            return "course", self.course
        if self == replace(self.without_filters, mode=self.mode) and self.mode:
            return "mode", self.mode
        if self == replace(self.without_filters, sector=self.sector) and self.sector.startswith(GROUP_PREFIX):
            return "group", self.sector.removeprefix(GROUP_PREFIX)
        return None

    def planned_events(self) -> QuerySet[Event]:
        """Dates of the period that were announced, whatever became of them."""
        events = Event.objects.filter(
            Exists(Offer.objects.filter(events=OuterRef("pk"), strand__in=self.strands)),
            starts_at__gte=self.period.starts_at,
            starts_at__lt=self.period.ends_before,
        ).exclude(state=Event.State.DRAFT)
        if self.course:
            events = events.filter(version__course=self.course)
        if self.mode:
            events = events.filter(mode=self.mode)
        if self.dates:
            events = events.filter(pk__in=self.dates)
        return events.annotate(places=Coalesce(F("capacity_at_start"), F("capacity")))

    def bookings(self) -> QuerySet[Booking]:
        """Bookings, in these strands, on dates that took place."""
        bookings = Booking.objects.filter(
            event__state__in=DELIVERED_STATES,
            event__starts_at__gte=self.period.starts_at,
            event__starts_at__lt=self.period.ends_before,
            offer__strand__in=self.strands,
        )
        if self.course:
            bookings = bookings.filter(event__version__course=self.course)
        if self.mode:
            bookings = bookings.filter(event__mode=self.mode)
        if self.dates:
            bookings = bookings.filter(event__in=self.dates)
        if self.sector:
            bookings = bookings.filter(sector__in=self.sectors)
        if self.cluster:
            bookings = bookings.filter(organisation__cluster=self.cluster)
        return bookings

    def unmet_waits(self) -> QuerySet[WaitingListEntry]:
        """Waits, in these strands, that ended without a place, whether their date took place or was cancelled."""
        entries = WaitingListEntry.objects.unmet().filter(
            event__starts_at__gte=self.period.starts_at,
            event__starts_at__lt=self.period.ends_before,
            offer__strand__in=self.strands,
        )
        if self.course:
            entries = entries.filter(event__version__course=self.course)
        if self.mode:
            entries = entries.filter(event__mode=self.mode)
        if self.sector:
            entries = entries.filter(organisation__sector__in=self.sectors)
        if self.cluster:
            entries = entries.filter(organisation__cluster=self.cluster)
        return entries

    @property
    def sectors(self) -> list[str]:
        if self.sector.startswith(GROUP_PREFIX):
            group = self.sector.removeprefix(GROUP_PREFIX)
            return [sector for sector in Sector.values if GROUP_OF_SECTOR[sector] == group]
        return [self.sector]
