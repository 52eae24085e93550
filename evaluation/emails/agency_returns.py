"""Letters about agencies' training returns: all go to the leads of the agency."""

from datetime import datetime, timedelta

from accounts.correspondence import queue_email
from accounts.models import Membership, Organisation, OutboundEmail, Practitioner
from accounts.wording import LetterKind
from bookings.emails import address_of
from evaluation.models import AgencyReturn, ReturnQuestion
from evaluation.models.agency_return import WRITING_STATES, ReturnState

OPENED, REMINDER, QUESTION, ACCEPTED = (
    "evaluation/return_opened",
    "evaluation/return_reminder",
    "evaluation/return_question",
    "evaluation/return_accepted",
)
LETTERS = (OPENED, REMINDER, QUESTION, ACCEPTED)
PLACEHOLDERS = ("name", "organisation", "team")


def return_opened(*, agency_return: AgencyReturn, now: datetime) -> None:
    """What is asked, and by when; once to each lead, whenever they became one."""
    _queue(agency_return, OPENED, f"{agency_return.pk}", now=now)


def return_reminder(*, agency_return: AgencyReturn, number: int, now: datetime) -> None:
    """It has not come. Sent back, it is reminded of by its new day."""
    _queue(agency_return, REMINDER, f"{agency_return.pk}:{agency_return.due_on}:{number}", now=now)


def return_question(*, question: ReturnQuestion, now: datetime) -> None:
    """Something is asked about what was sent; sent back, it may be changed."""
    _queue(question.agency_return, QUESTION, f"{question.pk}", now=now, question=question)


def return_accepted(*, agency_return: AgencyReturn, now: datetime) -> None:
    """It is taken as it is."""
    _queue(agency_return, ACCEPTED, f"{agency_return.pk}", now=now)


def without_letter(*, now: datetime) -> list[int]:
    """Return the open returns that a lead of the agency has not been told of, because they were appointed since."""
    waiting = AgencyReturn.objects.filter(state=ReturnState.OPEN, opened_at__lte=now)
    leads = Membership.objects.as_lead().filter(organisation__training_returns__in=waiting)
    wanted = {
        _key(OPENED, str(number), person): number
        for number, person in leads.values_list("organisation__training_returns", "practitioner")
    }
    written = OutboundEmail.objects.filter(key__in=wanted).values_list("key", flat=True)
    return sorted({wanted[key] for key in wanted.keys() - set(written)})


def _queue(
    agency_return: AgencyReturn, letter: str, key: str, *, now: datetime, question: ReturnQuestion | None = None
) -> None:
    leads = Membership.objects.as_lead().filter(organisation=agency_return.organisation_id)
    for membership in leads.select_related("practitioner__user").order_by("pk"):
        person = membership.practitioner
        if address := address_of(person):
            queue_email(
                key=_key(letter, key, person.pk),
                to=address,
                letter=letter,
                context=_facts(agency_return, person, question),
                now=now,
                about=f"return:{agency_return.pk}",
                practitioner=person,
            )


def _key(letter: str, key: str, practitioner: int) -> str:
    return f"{letter.replace('/', '.')}:{key}:{practitioner}"


def _facts(agency_return: AgencyReturn, reader: Practitioner, question: ReturnQuestion | None = None) -> dict:
    return {
        "agency_return": agency_return,
        "organisation": agency_return.organisation,
        "practitioner": reader,
        "question": question,
        "is_sent_back": agency_return.state == ReturnState.SENT_BACK,
    }


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """Nobody is asked for what they have sent, or for an answer that is there."""
    number = email.about.partition(":")[2]
    agency_return = AgencyReturn.objects.filter(pk=int(number)).first() if number.isdecimal() else None
    if agency_return is None:
        return "The return is no longer asked for."
    if email.letter in (OPENED, REMINDER) and agency_return.state not in WRITING_STATES:
        return f"The return is {agency_return.get_state_display()}."
    is_asked = agency_return.state == ReturnState.SENT_BACK or agency_return.questions.open().exists()
    return "The question is answered." if email.letter == QUESTION and not is_asked else ""


def _specimen(now: datetime) -> dict:
    due_on = (now + timedelta(days=28)).date()
    agency_return = AgencyReturn(
        pk=0, organisation=Organisation(pk=0, name="Beckside Primary School"), year=due_on.year - 1, due_on=due_on
    )
    question = ReturnQuestion(pk=0, agency_return=agency_return, question="How do you train those who work nights?")
    agency_return.headcount, agency_return.headcount_on = 46, now.date()
    return _facts(agency_return, Practitioner(pk=0, full_name="Lea Hartley"), question)


def _letter(letter: str, title: str, when: str) -> LetterKind:
    return LetterKind(
        name=letter, title=title, when=when, to="the agency’s lead", placeholders=PLACEHOLDERS, specimen=_specimen
    )


CATALOGUE = [
    _letter(OPENED, "Your agency’s training return", "When an officer opens it"),
    _letter(REMINDER, "The training return is still to come", "Before it is due, and while it is late"),
    _letter(QUESTION, "A question about your training return", "When an officer asks, or sends it back"),
    _letter(ACCEPTED, "Your training return is accepted", "When an officer accepts it"),
]
