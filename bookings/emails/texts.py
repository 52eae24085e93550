"""Text messages about places: short enough for one message, to people who agreed to them."""

import unicodedata
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date

from accounts.correspondence import queue_text
from accounts.models import OutboundEmail, Partnership
from accounts.phones import mobile_number
from bookings.emails.facts import place_of, start_date
from bookings.models import Booking

# One message holds so many characters, if all of them are of its small alphabet; one other sign more than halves it.
LONGEST = 160
ALPHABET = set(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})


def text_reminder(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """The working day before, to somebody who agreed to text messages and has a mobile telephone."""
    practitioner = booking.practitioner
    number = mobile_number(practitioner.phone)
    if not number or practitioner.sms_agreed_at is None:
        return None
    return queue_text(
        key=f"bookings.text_reminder:{booking.pk}:{start_date(booking.event)}",
        number=number,
        letter="bookings/text_reminder",
        text=reminder_words(booking),
        now=now,
        about=f"booking:{booking.pk}",
        practitioner=practitioner,
    )


def reminder_words(booking: Booking) -> str:
    """What, when, where, and the page with everything; a long title is cut, the way to the page never."""
    event = booking.event
    starts_at = timezone.localtime(event.starts_at)
    page = settings.SITE_URL + reverse("bookings:booking_detail", args=[booking.reference])
    when = format_date(starts_at, "D j M, g:i") + starts_at.strftime("%p").lower()
    where = event.venue.name if event.venue else place_of(event)
    title = plain(event.version.course.title)
    words = f"{plain(Partnership.objects.current().short_name)}: {{}} on {when}, {plain(where)}. {page}"
    room = LONGEST - len(words) + 2
    if room < 20:
        words = f"{{}} on {when}. {page}"
        room = LONGEST - len(words) + 2
    return words.format(title if len(title) <= room else title[: max(room - 3, 0)].rstrip() + "...")


def plain(words: str) -> str:
    """Print with the signs of the small alphabet: no typographic quotes, no letters that it lacks, no line breaks."""
    flat = " ".join(words.translate(PLAIN).replace("{", "(").replace("}", ")").split())
    return "".join(sign if sign in ALPHABET else decomposed(sign) for sign in flat)


def decomposed(sign: str) -> str:
    """Return the letter beneath an accent; a question mark where there is none, as telephones show it."""
    letter = unicodedata.normalize("NFKD", sign)[0]
    return letter if letter in ALPHABET else "?"
