"""The catalogue for everybody: browse and search courses, their dates, and one course's own page."""

from datetime import datetime, time

from django.core.paginator import Paginator
from django.db.models import F, Prefetch, Q
from django.http import Http404
from django.utils.timezone import make_aware
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.models import Partnership
from courses.forms.catalogue import CatalogueForm
from courses.models import AudienceGroup, Course, DeliveryMode, Event, Offer, Strand
from courses.search import search_courses
from courses.working_days import end_of_day
from workforce_portal.cards import CourseCard, DateCard, PriceTags, Viewer, course_card, date_card, drawn, viewer_of
from workforce_portal.conditional import answer_if_changed
from workforce_portal.course_page import course_page
from workforce_portal.templatetags.portal import full_date

PAGE_SIZE = 25
COURSE_CARD = "workforce_portal/public/_course_card.html"
COURSE_DATE = "workforce_portal/public/_course_date.html"
DATE_ROW = "workforce_portal/public/_date_row.html"
SWITCHES = {"places": "With places left", "free": "Free to me"}
# What a card is made of; a course and a date have three times as many columns.
ON_A_CARD = ("slug", "title", "summary", "audience", "duration_hours", "days", "default_mode")
OF_A_DATE = (
    *("state", "starts_at", "booking_opens_at", "booking_closes_at"),
    *("capacity", "overbooked_by", "places_taken", "people_waiting", "offers_owed_since"),
)


@require_safe
def course_list(request):
    """Courses that match the words and filters, each with its next date and the viewer's price."""
    now, viewer = clock.now(), viewer_of(request.user)
    form = CatalogueForm(request.GET, knows_price=bool(viewer.category))
    page = Paginator(_sorted(_courses(form, viewer, now), form.wanted), PAGE_SIZE).get_page(request.GET.get("page"))
    cards = _course_cards(page, viewer, now)
    facts = {
        "cards": cards,
        "count": page.paginator.count,
        "viewer": viewer,
        "others": _count_without_filters(form) if not page.paginator.count else 0,
    }
    shown = {"drawn_cards": [drawn(COURSE_CARD, card) for card in cards], "page": page, **_around(request, form)}
    return answer_if_changed(request, "workforce_portal/public/course_list.html", facts, **shown)


@require_safe
def date_list(request):
    """Coming dates in order of time, by the same words and filters."""
    now, viewer = clock.now(), viewer_of(request.user)
    form = CatalogueForm(request.GET, knows_price=bool(viewer.category))
    dates = _dates(form, viewer, now).with_catalogue_facts().prefetch_related("offers").order_by("starts_at", "pk")
    page = Paginator(dates, PAGE_SIZE).get_page(request.GET.get("page"))
    cards = _date_cards(page, viewer, now)
    facts = {
        "cards": cards,
        "count": page.paginator.count,
        "viewer": viewer,
        "others": _count_without_filters(form) if not page.paginator.count else 0,
    }
    rows = [(card.month, drawn(DATE_ROW, card)) for card in cards]
    shown = {"drawn_cards": rows, "page": page, **_around(request, form)}
    return answer_if_changed(request, "workforce_portal/public/date_list.html", facts, **shown)


@require_safe
def course_detail(request, slug):
    """Everything somebody asks before they book, in the order in which they ask it."""
    course = Course.objects.open_to_visitors().defer("search_document").filter(slug=slug).first()
    if course is None:
        raise Http404
    partnership = Partnership.objects.current()
    facts = course_page(course, viewer=viewer_of(request.user), now=clock.now(), partnership=partnership)
    rows = [drawn(COURSE_DATE, row) for row in facts["dates"]]
    template = "workforce_portal/public/course_detail.html"
    return answer_if_changed(request, template, facts, partnership=partnership, drawn_dates=rows)


def _around(request, form: CatalogueForm) -> dict:
    """What stands around the results and follows from the address alone."""
    query = request.GET.copy()
    query.pop("page", None)
    wanted = form.wanted
    has_words = "q" in wanted
    sorts = form.Sort.CHOICES_WITH_WORDS if has_words else form.Sort.CHOICES
    return {
        "form": form,
        "wanted": wanted,
        "audiences": form.fields["audience"].choices,
        "strands": Strand.choices,
        "modes": DeliveryMode.choices,
        "switches": [(name, words) for name, words in SWITCHES.items() if name in form.fields],
        "switched_on": [name for name in SWITCHES if name in wanted],
        "chips": _chips(form, request.GET),
        "query": query.urlencode(),
        "has_words": has_words,
        "sorts": [(value, words.lower()) for value, words in sorts],
        "sort": _sort_of(wanted),
    }


# --- Which courses and dates ------------------------------------------------------------------------


def _courses(form: CatalogueForm, viewer: Viewer, now):
    wanted = form.wanted
    courses = _courses_by_kind(form, viewer, now).with_next_date(_soonest(form, now))
    if wanted.get("mode"):
        courses = courses.filter(default_mode__in=wanted["mode"])
    if any(name in wanted for name in ("date_from", "date_to", "places")):
        courses = courses.filter(next_event_id__isnull=False)
    return courses


def _courses_by_kind(form: CatalogueForm, viewer: Viewer, now):
    """Words, strand, audience and price: what is true of a course whatever its dates."""
    wanted = form.wanted
    courses = Course.objects.published().defer("search_document")
    if wanted.get("strand"):
        offers = Offer.objects.active().filter(strand__in=wanted["strand"])
        courses = courses.filter(pk__in=offers.values("course"))
    if wanted.get("audience"):
        courses = courses.for_audience(wanted["audience"])
    if wanted.get("free"):
        courses = courses.filter(pk__in=_free_to(viewer, now))
    if wanted.get("q"):
        courses = search_courses(courses=courses, query=wanted["q"])
    return courses


def _soonest(form: CatalogueForm, now):
    """Coming dates within the days asked for, without those whose booking has closed."""
    first, last = form.days
    dates = Event.objects.coming(now).public().not_closed(now)
    if form.wanted.get("places"):
        dates = dates.open_for_booking(now).with_places_left()
    if first:
        dates = dates.filter(starts_at__gte=make_aware(datetime.combine(first, time.min)))
    if last:
        dates = dates.filter(starts_at__lte=end_of_day(last))
    return dates


def _dates(form: CatalogueForm, viewer: Viewer, now):
    wanted = form.wanted
    courses = _courses_by_kind(form, viewer, now).order_by().values("pk")
    dates = _soonest(form, now).filter(version__course__in=courses)
    if wanted.get("mode"):
        dates = dates.filter(mode__in=wanted["mode"])
    if wanted.get("strand"):
        dates = dates.filter(Q(pk__in=Offer.objects.active().filter(strand__in=wanted["strand"]).values("events")))
    return dates


def _sorted(courses, wanted: dict):
    sort = _sort_of(wanted)
    if sort == CatalogueForm.Sort.RELEVANCE:
        return courses
    if sort == CatalogueForm.Sort.TITLE:
        return courses.order_by("title", "pk")
    return courses.order_by(F("next_starts_at").asc(nulls_last=True), "title", "pk")


def _sort_of(wanted: dict) -> str:
    """By the best match when there are words, else by the soonest date, unless somebody asks otherwise."""
    asked = wanted.get("sort")
    if "q" in wanted:
        return asked or CatalogueForm.Sort.RELEVANCE
    return CatalogueForm.Sort.DATE if asked in (None, CatalogueForm.Sort.RELEVANCE) else asked


def _free_to(viewer: Viewer, now) -> list[int]:
    """The courses whose best offer costs this viewer nothing."""
    tags = PriceTags(viewer, now=now)
    offers_by_course: dict[int, list[Offer]] = {}
    for offer in Offer.objects.active().filter(course__state=Course.State.PUBLISHED):
        offers_by_course.setdefault(offer.course_id, []).append(offer)
    return [
        course_id
        for course_id, offers in offers_by_course.items()
        if (price := tags.quote(offers, viewer.category)) and price.is_free
    ]


def _count_without_filters(form: CatalogueForm) -> int:
    """How many the words alone would find, to suggest when the filters leave nothing."""
    wanted = form.wanted
    if "q" not in wanted or len(wanted) == 1:
        return 0
    return search_courses(courses=Course.objects.published(), query=wanted["q"]).count()


def _course_cards(page, viewer: Viewer, now) -> list[CourseCard]:
    offers = Offer.objects.active().only("course", "strand", "price_band", "is_active")
    courses = list(page.object_list.only(*ON_A_CARD).prefetch_related(Prefetch("offers", offers)))
    ids = [course.next_event_id for course in courses if course.next_event_id]
    events = Event.objects.only(*OF_A_DATE).in_bulk(ids)
    tags = PriceTags(viewer, now=now)
    return [course_card(course, events.get(course.next_event_id), tags=tags, now=now) for course in courses]


def _date_cards(page, viewer: Viewer, now) -> list[DateCard]:
    tags = PriceTags(viewer, now=now)
    return [date_card(event, tags=tags, now=now) for event in page]


# --- Filters in use ---------------------------------------------------------------------------------


def _chips(form: CatalogueForm, query) -> list[tuple[str, str]]:
    """Each filter in use with the address that leaves it out."""
    wanted, chips = form.wanted, []
    if "q" in wanted:
        chips.append((f"“{wanted['q']}”", _without(query, "q")))
    for name, choices in (("strand", Strand), ("mode", DeliveryMode)):
        chips += [(choices(value).label, _without(query, name, value)) for value in wanted.get(name, [])]
    if "audience" in wanted:
        chips.append((AudienceGroup(wanted["audience"]).label, _without(query, "audience")))
    for name, words in (("date_from", "From {}"), ("date_to", "Until {}")):
        if name in wanted:
            chips.append((words.format(full_date(wanted[name])), _without(query, name)))
    for name, words in SWITCHES.items():
        if name in wanted:
            chips.append((words, _without(query, name)))
    return chips


def _without(query, name: str, value: str | None = None) -> str:
    rest = query.copy()
    rest.pop("page", None)
    kept = [each for each in rest.getlist(name) if value is not None and each != value]
    rest.setlist(name, kept) if kept else rest.pop(name, None)
    return f"?{rest.urlencode()}"
