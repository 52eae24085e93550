"""What the public pages show of courses and dates, in words: prices for whoever asks, places, lengths, days.

A page is made from these plain values alone, so that two pages with the same values are the same page.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache

from django.db.models import Exists
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from accounts.models import Membership, Organisation
from courses.models import Course, DeliveryMode, Event, Offer, Price
from courses.pricing import UNKNOWN, Quote, Span, best_offer, prices_in_force, quote, span
from workforce_portal.templatetags.portal import (
    date_range,
    full_date,
    money,
    month_year,
    places_left,
    strand_class,
    strand_tag,
    time_range,
)


@dataclass(frozen=True)
class Viewer:
    """For whom prices are shown. A stranger has no category; so has somebody whose employer is not placed yet."""

    category: str = ""
    organisation_name: str = ""
    books_for_others: bool = False


def viewer_of(user) -> Viewer:
    """Take the organisation that the person joined first; booking lets them choose another."""
    if not user.is_authenticated:
        return Viewer()
    membership = (
        Membership.objects.live()
        .filter(practitioner__user=user, organisation__state=Organisation.State.LISTED)
        .exclude(organisation__charging_category="")
        .select_related("organisation")
        .annotate(books_for_others=Exists(Membership.objects.as_contact().filter(practitioner__user=user)))
        .order_by("pk")
        .first()
    )
    if membership is None:
        return Viewer()
    organisation = membership.organisation
    return Viewer(organisation.charging_category, organisation.name, membership.books_for_others)


class PriceTags:
    """The prices of one page for one viewer. Courses on the same terms share one answer."""

    def __init__(self, viewer: Viewer, *, now: datetime):
        self.viewer = viewer
        self.on = localtime(now).date()
        self.prices = prices_in_force(on=self.on)
        self.label = "Price for you" if viewer.category else "Price"
        self.known: dict[tuple, str] = {}

    def words(self, offers: list[Offer], *, is_open_to_region: bool = False) -> str:
        """The viewer's own price; for people we do not know, from what to what. It stands alone, so it begins large."""
        terms = (is_open_to_region, *((offer.strand, offer.price_band_id) for offer in offers))
        if terms not in self.known:
            words = self._own_or_span(offers, is_open_to_region)
            self.known[terms] = words[:1].upper() + words[1:]
        return self.known[terms]

    def quote(self, offers: list[Offer], category: str, *, is_open_to_region: bool = False) -> Quote | None:
        offer = best_offer(offers=offers, category=category)
        if offer is None:
            return None
        region = is_open_to_region
        return quote(offer=offer, category=category, on=self.on, is_open_to_region=region, prices=self.prices)

    def _own_or_span(self, offers: list[Offer], is_open_to_region: bool) -> str:
        if not self.viewer.category:
            region = is_open_to_region
            return span_words(span(offers=offers, on=self.on, is_open_to_region=region, prices=self.prices))
        own = self.quote(offers, self.viewer.category, is_open_to_region=is_open_to_region)
        return quote_words(own) if own else ""


@dataclass(frozen=True)
class CourseCard:
    """One course in a list. Equal cards are drawn once: see `drawn`."""

    url: str
    title: str
    summary: str
    first_strand: str
    tags: SafeString
    audience: str
    length: str
    next_date: str
    places: str
    price: str
    price_label: str


@dataclass(frozen=True)
class DateCard:
    """One date in a list or on the front page."""

    url: str
    book_url: str
    reference: str
    title: str
    first_strand: str
    tags: SafeString
    month: str
    when: str
    day: str
    time: str
    where: str
    places: str
    price: str
    price_label: str


@lru_cache(maxsize=2000)
def drawn(template: str, card: Hashable) -> SafeString:
    """The HTML of a card, which follows from its values alone: where one place was taken, one card is drawn anew."""
    return render_to_string(template, {"card": card})


def course_card(course: Course, event: Event | None, *, tags: PriceTags, now: datetime) -> CourseCard:
    """`course` has its offers, and `event` is its next date, if there is one."""
    offers = active_offers(course.offers.all())
    return CourseCard(
        url=reverse("course_detail", args=[course.slug]),
        title=course.title,
        summary=course.summary,
        first_strand=strand_class(offers[0].strand if offers else ""),
        tags=strand_tags(tuple(offer.strand for offer in offers)),
        audience=course.audience,
        length=course.length,
        next_date=full_date(localtime(event.starts_at)) if event else no_date_words(course),
        places=places_words(event, now) if event else "",
        price=tags.words(offers),
        price_label=tags.label,
    )


def date_card(event: Event, *, tags: PriceTags, now: datetime) -> DateCard:
    """`event` has its course, venue and offers."""
    course = event.version.course
    offers = active_offers(event.offers.all())
    return DateCard(
        url=reverse("course_detail", args=[course.slug]),
        book_url=book_url(event, now),
        reference=event.reference,
        title=course.title,
        first_strand=strand_class(offers[0].strand if offers else ""),
        tags=strand_tags(tuple(offer.strand for offer in offers)),
        month=month_year(localtime(event.starts_at)),
        when=date_range(event.starts_at, event.ends_at),
        day=day_words(event),
        time=time_range(event.starts_at, event.ends_at),
        where=place_words(event),
        places=places_words(event, now),
        price=tags.words(offers, is_open_to_region=event.is_open_to_region),
        price_label=tags.label,
    )


def active_offers(offers: Iterable[Offer]) -> list[Offer]:
    return sorted((offer for offer in offers if offer.is_active), key=lambda offer: offer.strand)


@cache
def strand_tags(strands: tuple[str, ...]) -> SafeString:
    """The tags of a card. There are fifteen combinations, so each is drawn once."""
    return format_html_join(" ", "{}", ((strand_tag(strand),) for strand in strands))


def no_date_words(course: Course) -> str:
    if course.default_mode == DeliveryMode.RECORDED:
        return "Any time, in your own time"
    if course.default_mode == DeliveryMode.AT_YOUR_SETTING:
        return "On a day that suits you"
    return "No date yet"


def day_words(event: Event) -> str:
    """The day, or the first and the last, under a heading that names month and year."""
    first, last = localtime(event.starts_at), localtime(event.ends_at)
    if first.date() == last.date():
        return format_date(first, "l j F")
    return f"{format_date(first, 'l j F')} to {format_date(last, 'l j F')}"


def place_words(event: Event) -> str:
    """Where people meet, in a few words."""
    if event.venue_id and not event.is_online:
        return event.venue.name
    return event.get_mode_display()


def places_words(event: Event, now: datetime) -> str:
    """Places left while they can be booked; else why not."""
    if event.state == Event.State.POSTPONED:
        return "Put off: a new day will be named"
    if event.is_full:
        return places_left(0, event.people_waiting)
    if event.is_open_for_booking(now):
        return places_left(event.places_left)
    if event.booking_opens_at and event.booking_opens_at > now:
        return f"Booking opens on {full_date(localtime(event.booking_opens_at))}"
    return "Booking closed"


def book_url(event: Event, now: datetime) -> str:
    if event.is_full or not event.is_open_for_booking(now):
        return ""
    return reverse("bookings:booking_create", args=[event.reference])


def wait_url(event: Event, now: datetime) -> str:
    """Where to join the waiting list of a date that is full; the page there shows the rules first."""
    if not event.is_full or not event.is_open_for_booking(now):
        return ""
    return reverse("bookings:booking_create", args=[event.reference])


def group_url(event: Event, now: datetime) -> str:
    """Where a booking contact books the date for colleagues, or puts them on its list together."""
    if not event.is_open_for_booking(now):
        return ""
    return reverse("bookings:group_create", args=[event.reference])


def quote_words(price: Quote) -> str:
    if price.terms == Price.Terms.FIXED:
        return money(price.amount)
    if price.terms == Price.Terms.ON_QUOTE:
        return f"by quote, from {money(price.amount_from)}" if price.amount_from else "by quote"
    return "depends on your organisation" if price.terms == UNKNOWN else "not offered"


def span_words(prices: Span) -> str:
    if prices.highest is None:
        return "by quote" if prices.is_on_quote else ""
    if prices.highest == 0:
        return "free"
    if prices.lowest == 0:
        return f"free or up to {money(prices.highest)}"
    words = money(prices.highest)
    if prices.lowest != prices.highest:
        words = f"{money(prices.lowest)} to {words}"
    return f"{words}, free to the council" if prices.is_free_to_council else words
