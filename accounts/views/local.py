"""Pages of a local run alone: the mail that went out, and the codes of the accounts that ask for one."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts import mailbox as post
from accounts.access import local_only

SHOWN = 50


@local_only
def mailbox(request):
    to = request.GET.get("to", "").replace("\0", "").strip()[:254]
    context = {"letters": post.latest_letters(to=to, limit=SHOWN), "to": to, "codes": post.second_factor_codes()}
    return render(request, "accounts/local/mailbox.html", context)


@local_only
def mailbox_letter(request, name):
    return render(request, "accounts/local/mailbox_letter.html", {"letter": letter_or_404(name)})


@local_only
def mailbox_calendar(request, name):
    letter = letter_or_404(name)
    if not letter.calendar:
        raise Http404
    headers = {"Content-Disposition": 'attachment; filename="invite.ics"'}
    return HttpResponse(letter.calendar, content_type="text/calendar; charset=utf-8", headers=headers)


def letter_or_404(name: str) -> post.Letter:
    letter = post.read_letter(name)
    if letter is None:
        raise Http404
    return letter
