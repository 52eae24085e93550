"""The mix of agencies on a multi-agency date (rule B6): caps and quotas, until the places are opened to all. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Organisation, Partnership, ReportingGroup
from accounts.models.organisation import GROUP_OF_SECTOR
from bookings.models import AgencyShare
from bookings.reasons import Reason
from courses.models import Event, LearningFormat, Offer, Strand
from courses.working_days import start_of_day, working_days_before


def reasons_of_commission(*, organisation: Organisation | None, event: Event) -> list[Reason]:
    """Why this agency has no places on a date that another one ordered for its own people."""
    if event.commissioned_by_id is None or (organisation and organisation.pk == event.commissioned_by_id):
        return []
    words = "This date was ordered by one organisation for its own people."
    return [Reason("commissioned", words, "Choose another date.")]


def reasons_of_share(
    *,
    organisation: Organisation | None,
    offer: Offer | None,
    event: Event,
    now: datetime,
    partnership: Partnership,
    places: int = 1,
) -> list[Reason]:
    """Why this agency cannot have more places just now, though others may; nothing once the cap is lifted."""
    if organisation is None or offer is None:
        return []
    if not caps_apply_to(event=event, offer=offer, now=now, partnership=partnership):
        return []
    quotas = quotas_of(event)
    if quotas:
        group = organisation.reporting_group
        is_full = group in quotas and group_places(event, group) + places > quotas[group]
        return [group_full(group, quotas[group])] if is_full else []
    cap = agency_cap(event=event, partnership=partnership)
    taken = AgencyShare.objects.filter(event=event, organisation=organisation).values_list("places_taken", flat=True)
    left = None if cap is None else cap - (taken.first() or 0)
    if cap is not None and left is not None and left < places:
        return [agency_full(organisation, cap, left=max(0, left))]
    return []


def caps_apply_to(*, event: Event, offer: Offer, now: datetime, partnership: Partnership) -> bool:
    """Tell whether places are shared out between agencies just now: multi-agency dates, until near the date."""
    if offer.strand != Strand.MULTI_AGENCY or event.capacity is None or event.starts_at is None:
        return False
    if event.commissioned_by_id:
        return False
    return now < cap_lifts_at(event=event, partnership=partnership)


def cap_lifts_at(*, event: Event, partnership: Partnership) -> datetime:
    """Return the moment from which every agency may have any free place of this date."""
    starts_on = timezone.localtime(event.starts_at).date()
    return start_of_day(working_days_before(starts_on, partnership.agency_cap_lifts_days))


def agency_cap(*, event: Event, partnership: Partnership) -> int | None:
    """Return how many places one agency may have: the date's own figure, else the partnership's rule."""
    if event.agency_cap is not None:
        return event.agency_cap
    if event.capacity is None:
        return None
    return max(partnership.agency_cap_places, event.capacity * partnership.agency_cap_percent // 100)


def quotas_of(event: Event) -> dict[str, int]:
    """Return the shares of a conference by reporting group; other formats have none."""
    if event.version.course.learning_format != LearningFormat.CONFERENCE:
        return {}
    return {quota.group: quota.places for quota in event.quotas.all()}


def group_places(event: Event, group: str) -> int:
    """Count the places that agencies of one reporting group have."""
    sectors = [sector for sector, its_group in GROUP_OF_SECTOR.items() if its_group == group]
    shares = AgencyShare.objects.filter(event=event, organisation__sector__in=sectors)
    return shares.aggregate(taken=Coalesce(Sum("places_taken"), 0))["taken"]


def agency_full(organisation: Organisation, cap: int, *, left: int = 0) -> Reason:
    """Why an agency that has its share, or would have more with so many places at once, has them not for now."""
    places = "place" if cap == 1 else "places"
    if left:
        return Reason(
            "agency_full",
            f"One agency may have {cap} {places} on this date for now: {organisation.name} may have {left} more.",
            "Ask for fewer, or join the waiting list: places still free near the date are open to every agency.",
        )
    return Reason(
        "agency_full",
        f"One agency may have {cap} {places} on this date for now, and {organisation.name} has them.",
        "Join the waiting list: places still free near the date are open to every agency.",
    )


def group_full(group: str, places: int) -> Reason:
    """Why a group of agencies that has its share of a conference has no more for now."""
    name = ReportingGroup(group).label
    return Reason(
        "group_full",
        f"The {places} places of this date for “{name}” are taken.",
        "Join the waiting list: places still free near the date are open to everybody.",
    )


@dataclass(frozen=True, kw_only=True)
class Mix:
    """How the places of a multi-agency date are spread: name, places taken and, while a limit applies, how many may be."""

    applies: bool
    lifts_at: datetime
    cap: int | None
    quotas: dict[str, int]
    rows: list[tuple[str, int, int | None]]


def mix_of(*, event: Event, now: datetime) -> Mix | None:
    """Return the mix of agencies as the team sees it, partners without a place among them; None where none is shared."""
    offer = next((offer for offer in event.offers.all() if offer.strand == Strand.MULTI_AGENCY), None)
    if offer is None or event.capacity is None or event.starts_at is None:
        return None
    partnership = Partnership.objects.current()
    applies = caps_apply_to(event=event, offer=offer, now=now, partnership=partnership)
    quotas = quotas_of(event)
    cap = agency_cap(event=event, partnership=partnership)
    shares = list(AgencyShare.objects.filter(event=event).select_related("organisation").order_by("organisation__name"))
    return Mix(
        applies=applies,
        lifts_at=cap_lifts_at(event=event, partnership=partnership),
        cap=cap,
        quotas=quotas,
        rows=_rows_of_groups(shares, quotas) if quotas else _rows_of_agencies(shares, cap if applies else None),
    )


def _rows_of_agencies(shares: list[AgencyShare], cap: int | None) -> list[tuple[str, int, int | None]]:
    rows = {share.organisation.name: share.places_taken for share in shares if share.places_taken}
    partners = Organisation.objects.listed().filter(is_partner=True, parent__isnull=True).values_list("name", flat=True)
    absent = sorted(name for name in partners if name not in rows)
    return [(name, taken, cap) for name, taken in rows.items()] + [(name, 0, cap) for name in absent]


def _rows_of_groups(shares: list[AgencyShare], quotas: dict[str, int]) -> list[tuple[str, int, int | None]]:
    taken = dict.fromkeys(ReportingGroup.values, 0)
    for share in shares:
        taken[share.organisation.reporting_group] += share.places_taken
    return [(str(group.label), taken[group], quotas.get(group)) for group in ReportingGroup]
