"""What has been printed and sent by now: certificates that were earned, letters that went out."""

from datetime import date, datetime, timedelta
from random import Random

from django.utils import timezone

from accounts.models import OutboundEmail, Partnership
from bookings.actions.certificates import CODE_ALPHABET, CODE_LENGTH, DAY_WRITTEN, months_later, number_of
from bookings.models import Certificate
from bookings.reports import days_in_words
from bookings.sweeps.letters import last_start_within
from bookings.sweeps.registers import ABSENCE_LETTER_WINDOW
from courses.models import Strand
from workforce_portal.sample_city.bookings import Place
from workforce_portal.sample_city.copying import Table, Tables
from workforce_portal.sample_city.dates import PlannedEvent
from workforce_portal.sample_city.people import Person

ENVELOPE = "This letter went out before the sample city was loaded; its words were not kept."


def address_for_invoices(code: str) -> str:
    """As `give_invoice_details` writes it."""
    return f"accounts@{code.lower()}.example.org"


class Archive:
    """Writes certificates and letters. The certificate's file is made when somebody first asks for it."""

    def __init__(self, *, rng: Random, as_of: datetime, partnership: Partnership) -> None:
        self.rng, self.as_of, self.partnership = rng, as_of, partnership
        self.certificates = Table(
            Certificate, "id", "booking_id", "number", "code", "state", "practitioner_name", "course_title", "dates",
            "hours", "level", "outcomes", "strand", "issuer", "refresh_by", "earned_on", "requested_at", "issued_at",
        )  # fmt: skip
        self.letters = Table(
            OutboundEmail, "key", "letter", "about", "message_id", "practitioner_id", "to", "subject", "text",
            "created_at", "send_at", "attempts", "sent_at",
        )  # fmt: skip
        self.all = Tables([self.certificates, self.letters])
        yesterday = as_of.date() - timedelta(days=1)
        self.reminded_until = yesterday + timedelta(days=partnership.reminder_days)
        self.instructed_until = last_start_within(yesterday, partnership.joining_instructions_days)
        self.absences_since = as_of - ABSENCE_LETTER_WINDOW - timedelta(days=1)
        self.linked_until = last_start_within(yesterday, 1)

    def certify(self, place: Place, answered: dict[str, datetime]) -> None:
        """Whoever attended every session and gave feedback has a certificate (DOMAIN 8)."""
        if place.state != "ATTENDED" or "post" not in answered:
            return
        course, event = place.event.course, place.event
        issued_at = answered["post"] + timedelta(minutes=1)
        is_multi_agency = place.terms is not None and place.terms.strand == Strand.MULTI_AGENCY
        number = self.certificates.next_id()
        hours = sum((end - start).total_seconds() for start, end in event.sessions) / 3600
        self.certificates.add(
            number, place.id, number_of(certificate_id=number, short_name=self.partnership.short_name, now=issued_at),
            "".join(self.rng.choices(CODE_ALPHABET, k=CODE_LENGTH)), "ISSUED", place.person.name, course.title,
            self.dates_of(event), f"{hours:.2f}", course.level, course.outcomes,
            place.terms.strand if place.terms else course.offers[0][1],
            self.partnership.name if is_multi_agency else self.partnership.council_name,
            months_later(day=event.last_day, months=course.refresh_months) if course.refresh_months else None,
            event.last_day, answered["post"], issued_at,
        )  # fmt: skip

    def dates_of(self, event: PlannedEvent) -> str:
        if not event.words:
            event.words = days_in_words([start.date() for start, _ in event.sessions], written=DAY_WRITTEN)
        return event.words

    def file_letters(self, place: Place) -> None:
        """Letters of coming and of recent dates: what was written already is not written again."""
        event = place.event
        if place.state == "CONFIRMED" and event.starts_at >= self.as_of:
            self.file(place, "confirmation", ":0", place.confirmed_at)
            if not event.is_postponed:
                self.file_letters_before(place, event, event.first_day)
        elif place.state in ("DID_NOT_ATTEND", "TURNED_AWAY") and event.ends_at > self.absences_since:
            self.file(place, "absence", "", event.ends_at + timedelta(days=1))

    def file_letters_before(self, place: Place, event: PlannedEvent, day: date) -> None:
        booked_on = timezone.localtime(place.confirmed_at).date()
        reminder_on = day - timedelta(days=self.partnership.reminder_days)
        if day <= self.reminded_until and booked_on <= reminder_on:
            self.file(place, "reminder", f":{day}", event.starts_at - timedelta(days=self.partnership.reminder_days))
        if day <= self.instructed_until:
            self.file(place, "joining_instructions", f":{day}", self.as_of - timedelta(hours=14))
        if day <= self.linked_until and event.mode in ("live_online", "blended"):
            self.file(place, "online_link", f":{day}:eve", self.as_of - timedelta(hours=14))

    def file_charge(self, notice_id: int, place: Place, contact: Person | None, moment: datetime) -> None:
        """The agency was told that a charge is proposed: its contact, or whoever gets its invoices."""
        to = contact.email if contact else address_for_invoices(place.person.agency.code)
        sent_at = min(moment, self.as_of - timedelta(hours=1))
        key = f"bookings.charge_proposed:{notice_id}"
        self.letters.add(
            key, "bookings/charge_proposed", f"charge:{notice_id}", f"<{key}@portal.example.org>",
            contact and contact.id, to, f"A charge is proposed: {place.event.course.title}"[:200], ENVELOPE, sent_at, sent_at, 1,
            sent_at,
        )  # fmt: skip

    def file(self, place: Place, letter: str, version: str, moment: datetime) -> None:
        sent_at = min(moment, self.as_of - timedelta(hours=1))
        key = f"bookings.{letter}:{place.id}{version}"
        if not place.person.email:
            return
        self.letters.add(
            key, f"bookings/{letter}", f"booking:{place.id}", f"<{key}@portal.example.org>", place.person.id,
            place.person.email, f"{place.event.course.title}: {letter.replace('_', ' ')}"[:200], ENVELOPE,
            sent_at, sent_at, 1, sent_at,
        )  # fmt: skip
