"""Pages of the Workforce Development Team about letters: which ones stuck, one letter, send it again, hold it back."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import staff_required
from accounts.actions import letters
from accounts.correspondence import why_not
from accounts.forms import HoldBackForm, LetterFilter
from accounts.models import OutboundEmail
from accounts.pagination import LongPaginator

SHOWN = 25
# What each list holds, in which order, and what it says of itself.
LISTS = {
    LetterFilter.HELD_UP: (
        OutboundEmail.objects.given_up,
        "-given_up_at",
        "Letters that could not be sent",
        "The mail server refused them for good. Correct the address with the person, or send again when the reason is gone.",
    ),
    LetterFilter.CAME_BACK: (
        OutboundEmail.objects.to_settle,
        "-bounced_at",
        "Letters that came back",
        "They left, and another mail server returned them. Ask the person for an address that works. A letter leaves this "
        "list when it is sent again, or when the person's address is another one.",
    ),
    LetterFilter.WAITING: (
        OutboundEmail.objects.unsent,
        "send_at",
        "Letters waiting to be sent",
        "They go out by themselves, the most urgent first. One that the mail server put off is tried again.",
    ),
    LetterFilter.HELD_BACK: (
        lambda: OutboundEmail.objects.filter(withheld_at__isnull=False),
        "-withheld_at",
        "Letters held back",
        "They were never sent: what they say was no longer true when they were about to leave, or one of you kept them.",
    ),
    LetterFilter.ALL: (
        OutboundEmail.objects.all,
        "-pk",
        "All letters",
        "Every letter of the portal, the newest first.",
    ),
}


@staff_required
def letter_list(request):
    """Letters by what became of them, and those to one address."""
    form = LetterFilter(request.GET)
    form.is_valid()
    address = form.cleaned_data.get("to", "")
    # Whoever looks for an address looks among all letters, unless they say otherwise.
    shown = form.cleaned_data.get("show") or (LetterFilter.ALL if address else LetterFilter.HELD_UP)
    rows, order, title, lede = LISTS[shown]
    found = (
        rows().select_related("practitioner").defer("text", "html", "calendar").order_by(*dict.fromkeys([order, "-pk"]))
    )
    if address:
        found = found.found_by(address)
    context = {
        "form": form,
        "shown": shown,
        "tabs": form.fields["show"].choices,
        "address": address,
        "title": title,
        "lede": lede,
        "page": LongPaginator(found, SHOWN).get_page(request.GET.get("page")),
    }
    return render(request, "accounts/staff/letter_list.html", context)


@staff_required
@require_safe
def letter_detail(request, letter_id):
    """One letter: what it says, what became of it, and what can be done about it."""
    return _letter_page(request, _letter(letter_id), HoldBackForm())


def _letter(letter_id):
    return get_object_or_404(OutboundEmail.objects.select_related("practitioner__user", "resends"), pk=letter_id)


def _letter_page(request, letter, form):
    now = clock.now()
    sent_again = list(letter.resent_as.order_by("pk"))
    present = letter.practitioner.email if letter.practitioner else ""
    context = {
        "letter": letter,
        "form": form,
        "sent_again": sent_again,
        "number": len(sent_again) + 1,
        "other_address": present if present.lower() != letter.to.lower() else "",
        "out_of_date": "" if letter.is_unsent else why_not(letter, now=now),
        "is_leaving": letter.is_unsent and letter.claimed_at is not None,
        "now": now,
    }
    return render(request, "accounts/staff/letter_detail.html", context, status=422 if form.errors else 200)


@staff_required
@require_POST
def letter_send_again(request, letter_id):
    """Once more, to the same address or to the one the person has now."""
    letter = _letter(letter_id)
    number, wants_other = request.POST.get("number", ""), request.POST.get("to") == "present"
    try:
        again = letters.send_again(
            email=letter,
            by=request.user,
            now=clock.now(),
            number=int(number) if number.isdecimal() and len(number) < 4 else 1,
            to=letter.practitioner.email if wants_other and letter.practitioner else "",
        )
    except letters.CannotSendAgain as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts:letter_detail", letter.pk)
    messages.success(request, f"The letter to {again.to} is in the post again.")
    return redirect("accounts:letter_detail", again.pk)


@staff_required
@require_POST
def letter_hold_back(request, letter_id):
    """Keep a letter that has not left from leaving."""
    letter, form = _letter(letter_id), HoldBackForm(request.POST)
    if not form.is_valid():
        return _letter_page(request, letter, form)
    try:
        letters.hold_back(email=letter, by=request.user, now=clock.now(), reason=form.cleaned_data["reason"])
    except letters.CannotHoldBack as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The letter is held back. It is not sent.")
    return redirect("accounts:letter_detail", letter.pk)
