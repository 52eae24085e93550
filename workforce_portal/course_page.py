"""What one course's page says, in the order of DOMAIN 4.2, and the same for search engines (schema.org)."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from accounts.models import ChargingCategory, Partnership
from bookings.eligibility import undecided_until
from bookings.terms import free_cancel_until, notice_days
from courses.models import ChargingPolicy, Course, DeliveryMode, Event, LearningOutcome, Price, Session, Strand, Venue
from courses.pricing import Quote, best_offer
from workforce_portal.cards import (
    PriceTags,
    Viewer,
    active_offers,
    book_url,
    group_url,
    place_words,
    places_words,
    quote_words,
    wait_url,
)
from workforce_portal.templatetags.portal import counted, date_range, full_date, money, short_date

DATES_SHOWN = 20
# Characters that could end a data block early, as a script reader would take them.
UNSAFE_IN_HTML = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
COURSE_MODES = {
    DeliveryMode.IN_PERSON: "onsite",
    DeliveryMode.AT_YOUR_SETTING: "onsite",
    DeliveryMode.BLENDED: "blended",
}


@dataclass(frozen=True)
class DateRow:
    reference: str
    days: tuple[str, ...]
    where: str
    places: str
    is_full: bool
    price: str
    price_label: str
    book_url: str
    wait_url: str
    group_url: str
    calendar_url: str
    free_cancel_until: str
    undecided: str


@dataclass(frozen=True)
class VenueAccess:
    name: str
    address: str
    facts: tuple[str, ...]
    parking: str
    nearest_stop: str
    room_notes: str


def course_page(course: Course, *, viewer: Viewer, now: datetime, partnership: Partnership) -> dict:
    """Gather the page's facts in a handful of queries, however many dates there are."""
    tags = PriceTags(viewer, now=now)
    offers = active_offers(course.offers.all())
    outcomes = list(LearningOutcome.objects.newest_of(course))
    events = _coming_events(course, now)
    own_price = tags.quote(offers, viewer.category) if viewer.category else None
    policy = ChargingPolicy.objects.in_force(tags.on).first()
    return {
        "title": course.title,
        "slug": course.slug,
        "code": course.code,
        "summary": course.summary,
        "is_paused": course.state == Course.State.PAUSED,
        **_self_paced(course, offers, viewer, own_price, policy, partnership),
        "strands": [offer.strand for offer in offers],
        "is_multi_agency": any(offer.strand == Strand.MULTI_AGENCY for offer in offers),
        "audience": course.audience,
        "audiences_of_offers": [(offer.strand, offer.audience) for offer in offers if offer.audience],
        "outcomes": [outcome.text for outcome in outcomes],
        "length": course.length,
        "format": course.get_learning_format_display(),
        "mode": course.get_default_mode_display(),
        "level": course.level,
        "needed_first": course.prerequisites,
        "builds_on": [
            (each.title, reverse("course_detail", args=[each.slug]))
            for each in course.required_courses.published().order_by("title").only("title", "slug")
        ],
        "refresh": refresh_words(course.refresh_months),
        "what_to_bring": course.what_to_bring,
        "pre_course_task": course.pre_course_task,
        "is_sensitive": course.is_sensitive,
        "organisation_name": viewer.organisation_name,
        "own_price": quote_words(own_price) if own_price else "",
        "is_free": own_price is not None and own_price.is_free,
        "own_price_reason": own_price.reason if own_price else "",
        "price": tags.words(offers),
        "price_table": price_table(offers, tags),
        "enquiry_url": _enquiry_url(course, offers, tags),
        "dates": [_date_row(event, tags, now, partnership) for event in events[:DATES_SHOWN]],
        "next_bookable": next((short_date(localtime(event.starts_at)) for event in events if book_url(event, now)), ""),
        "has_more_dates": len(events) > DATES_SHOWN,
        "cancel_notices": cancel_notices(offers, viewer, partnership),
        "late_charge": _late_charge_words(course, own_price, policy),
        "venues": _venues(events[:DATES_SHOWN]),
        "structured_data": structured_data(course, outcomes, events[:DATES_SHOWN], partnership),
    }


def _self_paced(course: Course, offers, viewer: Viewer, own_price, policy, partnership: Partnership) -> dict:
    """For a course that is done in one's own time: where to start it, how long one has, what not finishing costs."""
    if not course.is_self_paced:
        return {"is_self_paced": False}
    if viewer.category:
        offers = [offer for offer in [best_offer(offers=offers, category=viewer.category)] if offer]
    is_open = course.state == Course.State.PUBLISHED and bool(course.learning_link)
    is_charged = any(offer.charges_non_completion for offer in offers)
    return {
        "is_self_paced": True,
        "start_url": reverse("bookings:self_paced_start", args=[course.slug]) if is_open else "",
        "days_to_finish": partnership.self_paced_days,
        "charge_for_not_finishing": _late_charge_words(course, own_price, policy, "course") if is_charged else "",
    }


def _enquiry_url(course: Course, offers, tags: PriceTags) -> str:
    """Where to ask for it as a whole course: what is taught at people's own place, or has its price by quote."""
    categories = [tags.viewer.category] if tags.viewer.category else list(ChargingCategory)
    prices = [price for category in categories if (price := tags.quote(offers, category))]
    is_by_quote = any(price.terms == Price.Terms.ON_QUOTE for price in prices)
    is_commissioned = course.default_mode == DeliveryMode.AT_YOUR_SETTING or is_by_quote
    if course.is_self_paced or course.state != Course.State.PUBLISHED or not is_commissioned:
        return ""
    return f"{reverse('courses:enquiry_create')}?course={course.slug}"


def refresh_words(months: int | None) -> str:
    if not months:
        return "There is no set time after which to repeat it."
    if months % 12 == 0:
        years = months // 12
        return "Once a year." if years == 1 else f"Every {years} years."
    return f"Every {months} months."


def price_table(offers, tags: PriceTags) -> list[tuple[str, str]]:
    """What each kind of organisation pays."""
    quotes = [(category.label, tags.quote(offers, category)) for category in ChargingCategory]
    return [(label, quote_words(price)) for label, price in quotes if price]


def _coming_events(course: Course, now: datetime) -> list[Event]:
    """One more than is shown, to know whether there are more."""
    sessions = Session.objects.select_related("venue").order_by("position")
    events = Event.objects.upcoming(now).public().filter(version__course=course).select_related("version", "venue")
    related = events.prefetch_related("offers").order_by("starts_at", "pk")[: DATES_SHOWN + 1]
    found = list(related)
    by_event: dict[int, list[Session]] = {}
    for session in sessions.filter(event__in=[event.pk for event in found]):
        by_event.setdefault(session.event_id, []).append(session)
    for event in found:
        event.version.course = course
        event.sittings = by_event.get(event.pk, [])
    return found


def _date_row(event: Event, tags: PriceTags, now: datetime, partnership: Partnership) -> DateRow:
    offers, viewer = active_offers(event.offers.all()), tags.viewer
    deadlines = {
        free_cancel_until(offer=offer, event=event, partnership=partnership)
        for offer in ([best_offer(offers=offers, category=viewer.category)] if viewer.category else offers)
        if offer
    }
    deadline = deadlines.pop() if len(deadlines) == 1 else None
    return DateRow(
        reference=event.reference,
        days=tuple(date_range(session.starts_at, session.ends_at) for session in event.sittings),
        where=place_words(event),
        places=places_words(event, now),
        is_full=event.is_full,
        price=tags.words(offers, is_open_to_region=event.is_open_to_region),
        price_label=tags.label,
        book_url=book_url(event, now),
        wait_url=wait_url(event, now),
        group_url=group_url(event, now) if viewer.books_for_others else "",
        calendar_url=reverse("courses:event_calendar", args=[event.reference]),
        free_cancel_until=full_date(localtime(deadline)) if deadline and deadline > now else "",
        undecided=_undecided_words(event, partnership),
    )


def _undecided_words(event: Event, partnership: Partnership) -> str:
    """Rule B20: what somebody who looks at the date should know while it has too few people."""
    day = undecided_until(event=event, partnership=partnership)
    if day is None:
        return ""
    return f"Goes ahead once {counted(event.min_numbers, 'person has,people have')} booked; otherwise we tell people by {full_date(day)}."


def cancel_notices(offers, viewer: Viewer, partnership: Partnership) -> list[tuple[str, int]]:
    """Working days of notice that cost nothing (rule B7): one line, or one a strand where strands differ."""
    if viewer.category:
        offers = [offer for offer in [best_offer(offers=offers, category=viewer.category)] if offer]
    notices = [(offer.strand, notice_days(offer, partnership)) for offer in offers]
    return notices if len({days for _, days in notices}) > 1 else notices[:1]


def _late_charge_words(
    course: Course, own_price: Quote | None, policy: ChargingPolicy | None, what: str = "place"
) -> str:
    """What a late cancellation, an empty chair or a course that is not finished costs the organisation."""
    if policy is None:
        return ""
    if own_price and own_price.amount is not None:
        return money(policy.late_charge(is_half_day=course.is_half_day, price=own_price.amount))
    free_place = money(policy.late_charge(is_half_day=course.is_half_day, price=None))
    return f"{free_place} for a {what} that was free, and otherwise the price of the {what}"


def _venues(events: list[Event]) -> list[VenueAccess]:
    """Each place once, in the order of the dates."""
    venues: dict[int, Venue] = {}
    for event in events:
        for venue in [event.venue, *(session.venue for session in event.sittings)]:
            if venue is not None and not event.is_online:
                venues.setdefault(venue.pk, venue)
    return [_access_of(venue) for venue in venues.values()]


def _access_of(venue: Venue) -> VenueAccess:
    features = [
        (venue.is_step_free, "step-free from the street to the room", "not step-free: ask us before you book"),
        (venue.has_hearing_loop, "hearing loop", "no hearing loop"),
        (venue.has_accessible_toilet, "accessible toilet", "no accessible toilet"),
        (venue.has_prayer_space, "prayer space", ""),
    ]
    return VenueAccess(
        name=venue.name,
        address=", ".join([*venue.address.splitlines(), venue.postcode]).strip(", "),
        facts=tuple(words for has, yes, no in features if (words := yes if has else no)),
        parking=venue.parking,
        nearest_stop=venue.nearest_stop,
        room_notes=venue.room_notes,
    )


# --- For search engines -----------------------------------------------------------------------------


def structured_data(course: Course, outcomes, events: list[Event], partnership: Partnership) -> SafeString:
    """The course as schema.org describes one, safe to stand in the page as a block of data."""
    url = settings.SITE_URL + reverse("course_detail", args=[course.slug])
    data = {
        "@context": "https://schema.org",
        "@type": "Course",
        "@id": url,
        "url": url,
        "name": course.title,
        "description": course.summary,
        "courseCode": course.code,
        "inLanguage": "en-GB",
        "teaches": [outcome.text for outcome in outcomes],
        "provider": {"@type": "Organization", "name": partnership.name, "url": settings.SITE_URL},
        "hasCourseInstance": [_instance(event, url) for event in events],
    }
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(UNSAFE_IN_HTML))


def _instance(event: Event, url: str) -> dict:
    instance = {
        "@type": "CourseInstance",
        "name": event.reference,
        "courseMode": COURSE_MODES.get(event.mode, "online"),
        "startDate": localtime(event.starts_at).isoformat(),
        "endDate": localtime(event.ends_at).isoformat(),
        "eventStatus": "https://schema.org/EventScheduled",
        "url": f"{url}#{event.reference}",
    }
    if event.state == Event.State.POSTPONED:
        instance["eventStatus"] = "https://schema.org/EventPostponed"
    if event.capacity is not None:
        instance["maximumAttendeeCapacity"] = event.capacity
        instance["remainingAttendeeCapacity"] = event.places_left
    if event.venue and not event.is_online:
        instance["location"] = {
            "@type": "Place",
            "name": event.venue.name,
            "address": ", ".join([*event.venue.address.splitlines(), event.venue.postcode]).strip(", "),
        }
    else:
        instance["location"] = {"@type": "VirtualLocation", "url": url}
    return instance
