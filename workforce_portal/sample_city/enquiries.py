"""What organisations of the city have asked the team to run for them: one is new, one to be given a date, one lost."""

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.db.models import F

from accounts.models import Membership, OutboundEmail, User
from courses import emails
from courses.models import Course, Enquiry
from workforce_portal.sample_city.people import Person

AT_TEN = timedelta(hours=10)
CONTACT, TEAM = "carol@example.org", "wendy@example.org"
AS_USUAL = {
    "audience": "All staff, office and kitchen too",
    "headcount": 46,
    "outcomes": "Notice when a child is not all right, say so, and know whom to tell.",
    "dates_wanted": "A training day in January, or a Wednesday after 3:30pm",
    "place": "Our hall",
    "travel": "Ten minutes from the bus station. There is a car park.",
    "budget_holder": "The business manager",
}


def write_enquiries(known: dict[str, Person], *, as_of: datetime) -> None:
    """Two of the printed contact's school, and one of somebody without an account."""
    membership = Membership.objects.as_contact().filter(practitioner=known[CONTACT].id)
    school = membership.select_related("organisation", "practitioner__user").get()
    team = User.objects.get(email=TEAM)
    of_the_school = {
        "organisation": school.organisation,
        "contact_name": school.practitioner.full_name,
        "email": school.practitioner.email,
        "made_by": school.practitioner.user,
    }
    _write("NEWASKED", as_of - timedelta(days=1) + AT_TEN, course=Course.objects.get(code="TR03"), **of_the_school)
    _write(
        "AGREED22",
        as_of - timedelta(days=12) + AT_TEN,
        course=Course.objects.get(code="TR11"),
        headcount=30,
        owner=team,
        **_now(Enquiry.State.ACCEPTED, team, as_of - timedelta(days=3) + AT_TEN),
        **of_the_school,
    )
    _write(
        "THECAMPS",
        as_of - timedelta(days=30) + AT_TEN,
        organisation_name="Fellside Summer Camps",
        contact_name="Marta Lindqvist",
        email="marta.lindqvist@example.org",
        subject="Restorative practice for the volunteers of our summer camp",
        headcount=9,
        owner=team,
        lost_for=Enquiry.LostFor.PRICE,
        lost_reason="For nine people it is too much. They book single places instead.",
        **_now(Enquiry.State.LOST, team, as_of - timedelta(days=16) + AT_TEN),
    )


def _now(state: str, team: User, since: datetime) -> dict:
    return {"state": state, "state_since": since, "state_set_by": team}


def _write(name: str, made_at: datetime, **facts) -> None:
    enquiry = Enquiry.objects.create(
        reference=f"N-{name}",
        made_at=made_at,
        idempotency_key=uuid5(NAMESPACE_URL, name),
        **{**AS_USUAL, "state_since": made_at, **facts},
    )
    letter = emails.enquiry_received(enquiry=enquiry, now=made_at)
    OutboundEmail.objects.filter(pk=letter.pk).update(sent_at=F("send_at"), attempts=1)
