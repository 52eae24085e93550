"""My organisation: for booking contacts and agency leads, their people, places, orders, invoices and packages."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, F, Max, Q, Sum
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone

from accounts import clock
from accounts.models import Membership, Organisation
from bookings.models import Booking, ChargeNotice, GroupBooking, Invoice, Order, Package, WaitingListEntry
from bookings.models.booking import TOOK_PART_STATES, State
from bookings.package_statements import figures_of
from bookings.views.orders import with_sums
from evaluation.models import AgencyReturn

PEOPLE_PER_PAGE = 25
COMING_PER_PAGE = 25
CHARGES_PER_PAGE = 10
GROUPS_PER_PAGE = 10
ORDERS_SHOWN = INVOICES_SHOWN = 5
PACKAGES_SHOWN = 3
RETURNS_SHOWN = 2
OUTSTANDING = F("gross") - F("amount_credited") - F("amount_paid") - F("amount_written_off")
COMING_STATES = (State.REQUESTED, State.CONFIRMED)


@login_required
def organisation_home(request):
    """Our people and their places. Neither access needs nor feedback is shown here, to nobody."""
    now = clock.now()
    organisations = list(Organisation.objects.of_contact(request.user))
    if not organisations:
        raise Http404
    organisation = chosen(organisations, request.GET.get("organisation"))
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    bookings = Booking.objects.visible_to(request.user).filter(organisation=organisation)
    coming = bookings.filter(state__in=COMING_STATES).upcoming(now).with_event_facts().with_approval()
    coming_page = Paginator(
        coming.order_by("event__starts_at", "practitioner__full_name", "pk"), COMING_PER_PAGE
    ).get_page(request.GET.get("places"))
    page = Paginator(_people_of(request.user, organisation, words), PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "workforce_portal/organisation/organisation_home.html",
        {
            "organisation": organisation,
            "organisations": organisations,
            "coming_page": coming_page,
            "groups_page": _groups_page(request, organisation, now),
            "waiting": _waiting_groups(request.user, organisation, now),
            "page": page,
            "people": _with_their_places(page, bookings, now),
            "charges_page": _charges_page(request, organisation),
            "words": words,
            "now": now,
            "returns": _returns(request.user, organisation),
            **_money(request.user, organisation, now),
        },
    )


def _returns(user, organisation):
    """The latest training returns, for the agency's lead alone."""
    return AgencyReturn.objects.of_lead(user).filter(organisation=organisation).order_by("-year")[:RETURNS_SHOWN]


def _money(user, organisation, now):
    """What is ordered, what is to be paid, and the packages that can be drawn from: the first of each."""
    placed = Order.objects.for_contact(user).placed().filter(organisation=organisation)
    issued = Invoice.objects.for_contact(user).filter(organisation=organisation)
    due = issued.due().aggregate(count=Count("pk"), sum=Sum(OUTSTANDING))
    packages = Package.objects.for_contact(user).filter(
        organisation=organisation, ends_on__gte=timezone.localtime(now).date()
    )
    return {
        "order_to_do": placed.awaiting_purchase_order().order_by(F("po_due_at").asc(nulls_last=True), "pk").first(),
        "orders": with_sums(placed).order_by("-placed_at", "-pk")[:ORDERS_SHOWN],
        "invoices": issued.order_by("-issued_on", "-pk")[:INVOICES_SHOWN],
        "due": due,
        "packages": [(package, figures_of(package)) for package in packages.order_by("ends_on", "pk")[:PACKAGES_SHOWN]],
    }


def _charges_page(request, organisation):
    """What has been proposed to this organisation for places that were not used, the latest first."""
    charges = ChargeNotice.objects.for_contact(request.user).filter(organisation=organisation).shown_to_agencies()
    ordered = charges.with_facts().order_by("-drafted_at", "-pk")
    return Paginator(ordered, CHARGES_PER_PAGE).get_page(request.GET.get("charges"))


def _groups_page(request, organisation, now):
    """Places that still need a name, the soonest due first."""
    groups = GroupBooking.objects.visible_to(request.user).filter(organisation=organisation)
    to_name = groups.with_unnamed_places().filter(name_by__gt=now, event__starts_at__gt=now).with_event_facts()
    return Paginator(to_name.order_by("name_by", "pk"), GROUPS_PER_PAGE).get_page(request.GET.get("names"))


def _waiting_groups(user, organisation, now):
    """Where the organisation waits for several places together: at most once a date."""
    entries = WaitingListEntry.objects.visible_to(user).live().filter(organisation=organisation)
    groups = entries.filter(practitioner__isnull=True, event__starts_at__gt=now).with_event_facts()
    return groups.order_by("event__starts_at", "pk")[:GROUPS_PER_PAGE]


def chosen(organisations, given):
    """The one that was asked for, or the first."""
    if not given:
        return organisations[0]
    for organisation in organisations:
        if str(organisation.pk) == given:
            return organisation
    raise Http404


def _people_of(user, organisation, words):
    """One membership a person, the most telling first: a contact is also a member."""
    people = Membership.objects.visible_to(user).live().filter(organisation=organisation)
    if words:
        people = people.filter(practitioner__full_name__icontains=words)
    order = ("practitioner__full_name", "practitioner_id")
    return people.select_related("practitioner").order_by(*order, "role").distinct(*order)


def _with_their_places(page, bookings, now):
    """Add to each person on this page what they have here: places to come and the last time they took part."""
    shown = [membership.practitioner_id for membership in page]
    facts = {
        row["practitioner_id"]: row
        for row in bookings.filter(practitioner__in=shown)
        .order_by()
        .values("practitioner_id")
        .annotate(
            coming=Count("pk", filter=Q(state__in=COMING_STATES, event__ends_at__gt=now)),
            took_part=Count("pk", filter=Q(state__in=TOOK_PART_STATES)),
            last_at=Max("event__starts_at", filter=Q(state__in=TOOK_PART_STATES)),
        )
    }
    return [(membership, facts.get(membership.practitioner_id)) for membership in page]
