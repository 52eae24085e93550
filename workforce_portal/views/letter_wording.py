"""The words of the portal's letters, for the Workforce Development Team: all of them, and one to change."""

import re

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe

from accounts import clock
from accounts import emails as account_emails
from accounts.access import staff_required
from accounts.actions import letters
from accounts.correspondence import render_letter
from accounts.forms import WordingForm
from accounts.models import LetterWording, Partnership
from accounts.wording import PARTS, PLACEHOLDERS, values_in
from bookings import emails as booking_emails
from courses import emails as course_emails
from evaluation import emails as evaluation_emails

CATALOGUE = [
    *booking_emails.CATALOGUE,
    *course_emails.CATALOGUE,
    *evaluation_emails.CATALOGUE,
    *account_emails.CATALOGUE,
]
KINDS = {kind.name: kind for kind in CATALOGUE}
FIXED = account_emails.FIXED
SHEET = re.compile(r'<td class="sheet"[^>]*>(.*?)</td>\s*</tr>\s*<tr>\s*<td class="foot"', re.DOTALL)
# A letter brings styles of its own, which a page may not; here it wears the page's. Its links lead nowhere: the
# booking is made up.
IN_A_PAGE = [
    (r'<table class="facts">', '<table class="govuk-table">'),
    (r'<th scope="row">', '<th scope="row" class="govuk-table__header">'),
    (r"<td>", '<td class="govuk-table__cell">'),
    (r"<h2>", '<h5 class="govuk-heading-s">'),
    (r"</h2>", "</h5>"),
    (r"<h1>", '<h4 class="govuk-heading-m">'),
    (r"</h1>", "</h4>"),
    (r'<a class="button"[^>]*>', '<span class="govuk-button govuk-!-margin-bottom-0">'),
    (r"<a [^>]*>", '<span class="portal-letter__link">'),
    (r"</a>", "</span>"),
]


@staff_required
def letter_wording_list(request):
    """Every letter of the portal: what it is, when it goes out, and whether it has words of the team's own."""
    reworded = {words.letter: words for words in LetterWording.objects.select_related("changed_by__practitioner")}
    rows = [(kind, reworded.get(kind.name)) for kind in CATALOGUE]
    context = {"rows": rows, "fixed": FIXED}
    return render(request, "workforce_portal/staff/letter_wording_list.html", context)


@staff_required
def letter_wording(request, app, name):
    """Change the subject, the opening and the closing of one letter, and read it before it is saved."""
    kind = KINDS.get(f"{app}/{name}")
    if kind is None:
        raise Http404
    words = LetterWording.objects.filter(letter=kind.name).first()
    if request.method == "POST" and "own" in request.POST:
        return _save(request, kind, dict.fromkeys(PARTS, ""), "The letter has the portal's own words again.")
    initial = {part: getattr(words, part, "") for part in PARTS}
    is_sent = request.method == "POST"
    form = WordingForm(request.POST if is_sent else None, initial=initial, placeholders=kind.placeholders)
    if is_sent and form.is_valid() and "preview" not in request.POST:
        return _save(request, kind, form.cleaned_data, "The words are saved. Letters from now on carry them.")
    shown = form.cleaned_data if is_sent and form.is_valid() else initial
    context = {"kind": kind, "words": words, "form": form, **_preview(kind, shown), "history": _history(words)}
    context["is_preview"] = is_sent and form.is_valid()
    return render(
        request, "workforce_portal/staff/letter_wording.html", context, status=422 if is_sent and form.errors else 200
    )


def _save(request, kind, values, done):
    said = {part: values[part] for part in PARTS}
    letters.reword(letter=kind.name, by=request.user, now=clock.now(), **said)
    messages.success(request, done)
    return redirect("letter_wording", kind.app, kind.short_name)


def _preview(kind, values):
    """The letter about a made-up case with these words, the portal's own beside them, and what can be filled in."""
    facts, own_words = kind.specimen(clock.now()), {}
    own = render_letter(letter=kind.name, context=facts | {"own_words": own_words}, words=None)
    words = LetterWording(letter=kind.name, **{part: values[part] for part in PARTS})
    letter = render_letter(letter=kind.name, context=facts, words=words)
    filled = values_in(facts | {"partnership": Partnership.objects.current()})
    return {
        "letter": letter,
        "sheet": in_a_page(letter.html),
        "own_subject": own.subject,
        "own_opening": in_a_page(own_words.get("opening", ""), is_part=True),
        "placeholders": [(f"{{{name}}}", PLACEHOLDERS[name], filled[name]) for name in kind.placeholders],
    }


def in_a_page(html, *, is_part=False):
    """Return the sheet of a letter, to stand in a page. Everything in it that people typed is escaped already."""
    found = SHEET.search(html)
    sheet = html if is_part else found[1] if found else ""
    for pattern, replacement in IN_A_PAGE:
        sheet = re.sub(pattern, replacement, sheet)
    return mark_safe(sheet)


def _history(words):
    """Who changed what when, the newest first; each with the words as they were from then on."""
    if words is None:
        return []
    return words.history.select_related("changed_by__practitioner").order_by("-pgh_created_at", "-pgh_id")[:20]
