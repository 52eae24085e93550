"""The front door: search, the four strands, what comes next and what is new. Signed in, one's own next step first."""

from django.db.models import Count
from django.views.decorators.http import require_safe

from accounts import clock
from courses.models import AudienceGroup, Course, Event, Strand
from workforce_portal.cards import PriceTags, Viewer, date_card, drawn, viewer_of
from workforce_portal.conditional import answer_if_changed

DATES_SHOWN = 6
NEW_COURSES_SHOWN = 3
DATE_CARD = "workforce_portal/public/_date_card.html"

# What each strand is, in the words of somebody who meets it for the first time.
ABOUT_STRANDS = {
    Strand.CORE: "Everyday skills for people who work with children and families.",
    Strand.STATUTORY: "What social workers, foster carers and residential staff must do.",
    Strand.TRADED: "Training that schools and other settings buy, here or at theirs.",
    Strand.MULTI_AGENCY: "Safeguarding, learned together by every agency.",
}


@require_safe
def home(request):
    """One page for strangers and for people who come back."""
    now, viewer = clock.now(), viewer_of(request.user)
    facts = {
        "strand_cards": _strand_cards(now),
        "dates": _next_dates(viewer, now),
        "new_courses": list(_new_courses()),
        "viewer": viewer,
    }
    shown = {
        "drawn_dates": [drawn(DATE_CARD, card) for card in facts["dates"]],
        "audiences": AudienceGroup.choices,
        "next_step": None,
    }
    return answer_if_changed(request, "workforce_portal/public/home.html", facts, **shown)


def _strand_cards(now) -> list[tuple[str, str, int]]:
    """Each strand with its words and the number of its coming dates."""
    counted = Event.objects.coming(now).public().filter(offers__is_active=True).values("offers__strand")
    dates = dict(counted.annotate(dates=Count("pk", distinct=True)).values_list("offers__strand", "dates"))
    return [(strand.value, ABOUT_STRANDS[strand], dates.get(strand, 0)) for strand in Strand]


def _next_dates(viewer: Viewer, now):
    """The soonest dates that still have a place."""
    events = (
        Event.objects.open_for_booking(now)
        .with_places_left()
        .filter(version__course__state=Course.State.PUBLISHED)
        .with_catalogue_facts()
        .prefetch_related("offers")
        .order_by("starts_at", "pk")[:DATES_SHOWN]
    )
    tags = PriceTags(viewer, now=now)
    return [date_card(event, tags=tags, now=now) for event in events]


def _new_courses():
    """Courses most lately published for the first time."""
    first_versions = Course.objects.published().filter(versions__number=1, versions__published_at__isnull=False)
    return first_versions.order_by("-versions__published_at", "title").values_list("title", "slug", "summary")[
        :NEW_COURSES_SHOWN
    ]
