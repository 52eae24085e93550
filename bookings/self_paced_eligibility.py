"""May this person start this self-paced course, on which terms, and every reason why not. Reads only.

The pieces are those of a place on a date; what hangs on a date (places, clashes, cancelling) has no meaning here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Organisation, Partnership, Practitioner
from bookings.charging import charge_for_not_finishing
from bookings.eligibility import Decision, reasons_of_terms
from bookings.models import SelfPacedEnrolment
from bookings.reasons import COURSE_PAUSED, Reason, no_price
from bookings.terms import Terms, terms_of_offers
from courses.models import ApprovalMode, Course
from courses.working_days import end_of_day

ENROLLED = Reason("enrolled", "You have started this course already.", "Go on where you are.")
NOT_THERE = Reason("no_material", "This course cannot be started here yet.", "Ask us about it.")


@dataclass(frozen=True, kw_only=True)
class SelfPacedDecision(Decision):
    """The terms on which a self-paced course can be started, or why it cannot."""

    enrolled: SelfPacedEnrolment | None
    due_at: datetime
    charge: Decimal | None

    @property
    def needs_agreement(self) -> bool:
        """No place is held while a manager thinks about it, so the person says that they agree, in that mode too."""
        offer = self.terms.offer
        return offer is not None and offer.approval_mode in (ApprovalMode.ATTEST, ApprovalMode.EXPLICIT)

    @property
    def needs_managers_email(self) -> bool:
        return self.terms.offer is not None and self.terms.offer.approval_mode == ApprovalMode.NOTIFY

    @property
    def asks_manager(self) -> bool:
        return False


def decide_self_paced(
    *, practitioner: Practitioner, organisation: Organisation | None, course: Course, now: datetime
) -> SelfPacedDecision:
    """Collect the terms and every reason at once."""
    partnership = Partnership.objects.current()
    terms = terms_of_offers(organisation=organisation, offers=course.offers.all(), now=now)
    enrolled = SelfPacedEnrolment.objects.live().filter(practitioner=practitioner, course=course).first()
    reasons = [
        *([] if course.state == Course.State.PUBLISHED else [COURSE_PAUSED]),
        *([] if course.learning_link else [NOT_THERE]),
        *([ENROLLED] if enrolled else []),
        *reasons_of_terms(terms, organisation, partnership, what="course"),
    ]
    if organisation and terms.quote and not organisation.charging_category:
        reasons.append(no_price(organisation.name))
    return SelfPacedDecision(
        terms=terms,
        partnership=partnership,
        practitioner=practitioner,
        needs_declaration=course.prerequisite_mode != Course.PrerequisiteMode.NONE,
        reasons=reasons,
        enrolled=enrolled,
        due_at=due_at(now=now, partnership=partnership),
        charge=_charge(terms, course),
    )


def due_at(*, now: datetime, partnership: Partnership) -> datetime:
    """Return the last moment to finish what is started now: the end of a day, some weeks on (rule B26)."""
    return end_of_day(timezone.localtime(now).date() + timedelta(days=partnership.self_paced_days))


def _charge(terms: Terms, course: Course) -> Decimal | None:
    """What the agency is asked for if the person does not finish; None where the offer does not charge for it."""
    if terms.offer is None or terms.policy is None or not terms.offer.charges_non_completion:
        return None
    price = terms.price
    return charge_for_not_finishing(policy=terms.policy, course=course, price=price)
