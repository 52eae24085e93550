"""Asking us to run a course: the form for everybody, and an organisation's own enquiries."""

from uuid import uuid4

from allauth.core.ratelimit import consume_or_429
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.models import Organisation
from courses.actions import enquiries
from courses.forms.enquiries import EnquiryForm
from courses.models import Course, Enquiry, Session

PAGE_SIZE = 25


def enquiry_create(request):
    """Ask us to run a course: for booking contacts in the name of their organisation, for anybody else by its name."""
    own, now = list(Organisation.objects.of_contact(request.user).listed()), clock.now()
    form = EnquiryForm(
        request.POST if request.method == "POST" else None,
        organisations=own,
        today=localtime(now).date(),
        initial=_known(request, own),
    )
    if form.is_bound and form.is_valid():
        if too_often := consume_or_429(request, action="enquiry", key=form.cleaned_data["email"].lower()):
            return too_often
        enquiry = enquiries.enquire(
            facts=form.facts,
            organisation=form.chosen_organisation,
            organisation_name=form.cleaned_data.get("organisation_name", ""),
            by=request.user if request.user.is_authenticated else None,
            now=now,
            idempotency_key=form.key or uuid4(),
        )
        return redirect("courses:enquiry_sent", reference=enquiry.reference)
    context = {"form": form, "organisation": own[0] if len(own) == 1 else None, "key": key_of(form)}
    return render(request, "courses/public/enquiry_create.html", context, status=422 if form.errors else 200)


@require_safe
def enquiry_sent(request, reference):
    """The reference and what happens next; nothing of what was said, for the address may be passed on."""
    enquiry = get_object_or_404(Enquiry, reference=reference)
    is_theirs = Enquiry.objects.for_contact(request.user).filter(pk=enquiry.pk).exists()
    response = render(request, "courses/public/enquiry_sent.html", {"enquiry": enquiry, "is_theirs": is_theirs})
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@login_required
@require_safe
def enquiry_list(request):
    """What this person's organisations have asked for, the newest first."""
    own = list(Organisation.objects.of_contact(request.user).listed())
    if not own:
        raise Http404
    rows = Enquiry.objects.for_contact(request.user).with_facts().order_by("-made_at", "-pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "courses/organisation/enquiry_list.html", {"page": page, "organisations": own})


@login_required
@require_safe
def enquiry_detail(request, reference):
    """One enquiry: where it stands, what is asked of them, its date, and what they said."""
    enquiry = get_object_or_404(Enquiry.objects.for_contact(request.user).with_facts(), reference=reference)
    event = enquiry.date
    sessions = Session.objects.filter(event=event).select_related("venue").order_by("position") if event else []
    context = {
        "enquiry": enquiry,
        "event": event,
        "sessions": sessions,
        "may_name": bool(event and event.is_open_for_booking(clock.now())),
    }
    return render(request, "courses/organisation/enquiry_detail.html", context)


def _known(request, own):
    """What need not be typed: who is signed in, and the course they come from."""
    person = getattr(request.user, "practitioner", None)
    known = {"contact_name": person.full_name, "email": person.email, "phone": person.phone} if person else {}
    given = request.GET.get("course", "").replace("\x00", "")[:100]
    course = Course.objects.published().filter(slug=given).only("pk").first() if given else None
    chosen = request.GET.get("organisation", "")
    return known | {
        "course": str(course.pk) if course else "",
        "organisation": next((str(each.pk) for each in own if str(each.pk) == chosen), ""),
    }


def key_of(form):
    """One key for one form, kept while mistakes are mended."""
    given = form.cleaned_data.get("idempotency_key") if form.is_bound else None
    return given or uuid4()
