"""Enquiries for the Workforce Development Team: the list, one of them, and what can be done about it."""

from uuid import uuid4

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import role_required, staff_required
from accounts.models import Organisation, OutboundEmail, Role
from accounts.pagination import LongPaginator
from courses.actions import enquiries
from courses.forms.enquiries import (
    EnquiryByTeamForm,
    EnquiryCountForm,
    EnquiryFilter,
    EnquiryIdentityForm,
    EnquiryLossForm,
    EnquiryNoteForm,
    EnquiryQuestionForm,
)
from courses.models import Enquiry, Session
from courses.views.enquiries import key_of

enquiries_required = role_required(Role.WORKFORCE_TEAM, Role.FINANCE)
PAGE_SIZE = 25

# What the page's buttons do, by the end of their address: the form of each, and what is said afterwards.
FORMS = {
    "note": EnquiryNoteForm,
    "ask": EnquiryQuestionForm,
    "identity": EnquiryIdentityForm,
    "lose": EnquiryLossForm,
    "count": EnquiryCountForm,
}
DONE = {
    "take": "You answer this enquiry now.",
    "note": "The note is saved.",
    "ask": "Your question is on its way.",
    "identity": "Saved.",
    "answered": "It is yours to answer again.",
    "lose": "It is marked as not going ahead.",
    "reopen": "It is open again.",
    "count": "The count is saved.",
}


@enquiries_required
@require_safe
def staff_enquiry_list(request):
    """Enquiries by what is to be done about them, the newest first."""
    found = EnquiryFilter(request.GET)
    visible = Enquiry.objects.visible_to(request.user)
    rows = found.narrow(visible).with_facts().order_by("-made_at", "-pk")
    page = LongPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page": page,
        "is_team": request.user.has_role(Role.WORKFORCE_TEAM),
        "counts": {
            "new": visible.new().count(),
            "to_answer": visible.to_answer().count(),
            "waiting": visible.waiting_for_them().count(),
            "to_schedule": visible.to_schedule().count(),
        },
    }
    return render(request, "courses/staff/staff_enquiry_list.html", context)


@staff_required
def staff_enquiry_create(request):
    """Take down what somebody asks for on the telephone, in a letter or in person, so that a quote can follow."""
    now = clock.now()
    form = EnquiryByTeamForm(
        request.POST if request.method == "POST" else None,
        organisations=list(Organisation.objects.listed().order_by("name", "pk")),
        today=localtime(now).date(),
    )
    if form.is_bound and form.is_valid():
        enquiry = enquiries.take_down(
            facts=form.facts,
            organisation=form.chosen_organisation,
            organisation_name=form.cleaned_data["organisation_name"],
            came_by=form.cleaned_data["came_by"],
            by=request.user,
            now=now,
            idempotency_key=form.key or uuid4(),
        )
        messages.success(request, "It is taken down, and you answer it. They get a letter with the reference.")
        return redirect("courses:staff_enquiry", reference=enquiry.reference)
    context = {"form": form, "key": key_of(form)}
    return render(request, "courses/staff/staff_enquiry_create.html", context, status=422 if form.errors else 200)


@enquiries_required
@require_safe
def staff_enquiry(request, reference):
    """One enquiry with everything about it; the team acts on it, finance reads."""
    return _page(request, _enquiry_of(request, reference), {})


@staff_required
@require_POST
def staff_enquiry_step(request, reference, step):
    """Take it, write a note, ask back, say what it is, mark it lost, count who came."""
    enquiry = _enquiry_of(request, reference)
    if step not in DONE:
        raise Http404
    form = FORMS[step](request.POST) if step in FORMS else None
    if form is not None and not form.is_valid():
        return _page(request, enquiry, {step: form}, status=422)
    try:
        ACTIONS[step](enquiry_id=enquiry.pk, by=request.user, now=clock.now(), **(form.cleaned_data if form else {}))
    except (enquiries.EnquiryHasMovedOn, enquiries.NotKnownYet) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, DONE[step])
    return redirect("courses:staff_enquiry", reference=enquiry.reference)


def _enquiry_of(request, reference):
    visible = Enquiry.objects.visible_to(request.user).with_facts().select_related("taken_down_by__practitioner")
    return get_object_or_404(visible, reference=reference)


def _lose(*, lost_reason, **rest):
    return enquiries.lose(reason=lost_reason, **rest)


def _count(*, people_counted, **rest):
    return enquiries.count_people(people=people_counted, **rest)


ACTIONS = {
    "take": enquiries.take,
    "note": enquiries.write_note,
    "ask": enquiries.ask_back,
    "identity": enquiries.say_what_it_is,
    "answered": enquiries.note_answer,
    "lose": _lose,
    "reopen": enquiries.reopen,
    "count": _count,
}


def _page(request, enquiry, sent, status=200):
    """Draw the page; a form that was sent with a mistake keeps what was typed."""
    event = enquiry.date
    initial = {
        "note": {"note": enquiry.note},
        "identity": {"organisation": enquiry.organisation_id or "", "course": enquiry.course_id or ""},
        "count": {"people_counted": enquiry.people_counted},
    }
    forms = {step: sent.get(step) or form(initial=initial.get(step)) for step, form in FORMS.items()}
    letters = OutboundEmail.objects.about(f"enquiry:{enquiry.pk}").select_related("practitioner")
    context = {
        "enquiry": enquiry,
        "event": event,
        "sessions": Session.objects.filter(event=event).order_by("position") if event else [],
        "forms": forms,
        "wrong": next(iter(sent.values()), None),
        "is_team": request.user.has_role(Role.WORKFORCE_TEAM),
        "letters": letters.defer("text", "html", "calendar").order_by("-created_at", "-pk")[:PAGE_SIZE],
    }
    return render(request, "courses/staff/staff_enquiry.html", context, status=status)
