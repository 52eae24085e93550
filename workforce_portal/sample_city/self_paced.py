"""People on the self-paced course: one at work on it, one who has not begun, one who finished, one who ran out of time."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F
from django.utils import timezone

from accounts.models import Membership, OutboundEmail
from bookings import emails
from bookings.actions.charges import draft_for_enrolment
from bookings.emails.self_paced import FIRST
from bookings.models import KnowledgeAttempt, SelfPacedEnrolment
from bookings.models.self_paced import EnrolmentState
from courses.models import ChargingPolicy, Course, KnowledgeCheck, LearningFormat
from courses.pricing import best_offer
from courses.working_days import end_of_day
from workforce_portal.sample_city.people import Person

# Who started how many days ago, and what became of it.
STORIES = (
    ("amina@example.org", 20, EnrolmentState.IN_PROGRESS),
    ("grace@example.org", 3, EnrolmentState.ENROLLED),
    ("tom@example.org", 90, EnrolmentState.PASSED),
    ("carol@example.org", 30, EnrolmentState.LAPSED),
)
# The questions at its end: what is asked, what is right, what is wrong, and where to look again.
QUESTIONS = (
    (
        "A child tells you that they are afraid to go home. What do you do first?",
        "Listen, and write down their words as they said them",
        (
            "Ask them to tell it once more to a colleague",
            "Promise that you will tell nobody",
            "Wait for a sign of harm",
        ),
        "Look again at the part about listening to children.",
    ),
    (
        "Whom do you tell of a worry about a child?",
        "The safeguarding lead of your organisation, on the same day",
        ("The child's parents alone", "Nobody, until you are certain", "Your colleagues, over lunch"),
        "Look again at the part about passing a worry on.",
    ),
    (
        "A child is in danger at this moment. What do you do?",
        "Call the police on 999",
        ("Send the safeguarding lead an email", "Write it down and wait for Monday", "Take the child home with you"),
        "Look again at the part about danger at this moment.",
    ),
    (
        "Your manager thinks that your worry is nothing. You still worry. What do you do?",
        "Say so again, and go to the next level if nothing happens",
        ("Leave it: managers know more", "Look into it by yourself", "Tell the child's school friends"),
        "Look again at the part about disagreeing with one another.",
    ),
    (
        "Which of these is a reason not to share what you know about a child at risk?",
        "None of these",
        ("The family has not agreed", "It is only a small piece", "You work for another organisation"),
        "Look again at the part about sharing information.",
    ),
)
DAYS_TO_FINISH = 28
DAYS_TO_BEGIN, DAYS_AT_WORK, FIRST_REMINDER = 2, 9, 14


def write_self_paced(known: dict[str, Person], *, as_of: datetime) -> None:
    """Write the stories of the printed accounts; the one that was not finished has its charge proposed."""
    course = Course.objects.prefetch_related("offers").get(learning_format=LearningFormat.SELF_PACED)
    check = _knowledge_check(course)
    for number, (address, days, state) in enumerate(STORIES, start=1):
        membership = Membership.objects.filter(practitioner=known[address].id).select_related("organisation")[0]
        enrolment = _enrolment(course, membership, number, state, as_of - timedelta(days=days) + timedelta(hours=10))
        _write_letters(enrolment)
        if state == EnrolmentState.IN_PROGRESS:
            _first_attempt(enrolment, check)


def _knowledge_check(course: Course) -> KnowledgeCheck:
    check = KnowledgeCheck.objects.create(course=course)
    for position, (words, right, wrong, explanation) in enumerate(QUESTIONS, start=1):
        check.questions.create(
            position=position, words=words, right_answer=right, wrong_answers=list(wrong), explanation=explanation
        )
    return check


def _first_attempt(enrolment: SelfPacedEnrolment, check: KnowledgeCheck) -> None:
    """Somebody who is at work on it has tried, and two answers were wrong."""
    wrong = [question.pk for question in check.questions.all()[3:]]
    asked = len(QUESTIONS)
    KnowledgeAttempt.objects.create(
        enrolment=enrolment,
        number=1,
        answered_at=enrolment.enrolled_at + timedelta(days=DAYS_AT_WORK),
        asked=asked,
        right=asked - len(wrong),
        needed=check.needed(asked),
        is_passed=False,
        wrong_questions=wrong,
    )


def _write_letters(enrolment: SelfPacedEnrolment) -> None:
    """What the portal would have written by now, and sent."""
    letters = [emails.self_paced_started(enrolment=enrolment, now=enrolment.enrolled_at)]
    if enrolment.state == EnrolmentState.IN_PROGRESS:
        day = enrolment.enrolled_at + timedelta(days=FIRST_REMINDER)
        letters.append(emails.self_paced_reminder(enrolment=enrolment, which=FIRST, now=day))
    notice = draft_for_enrolment(enrolment=enrolment, now=enrolment.state_since)
    if notice:
        letters.append(emails.self_paced_lapsed(enrolment=enrolment, charge=notice, now=notice.drafted_at))
        letters.append(emails.charge_proposed(notice=notice, now=notice.drafted_at))
    sent = [letter.pk for letter in letters if letter]
    OutboundEmail.objects.filter(pk__in=sent).update(sent_at=F("send_at"), attempts=1)


def _enrolment(
    course: Course, membership: Membership, number: int, state: EnrolmentState, enrolled_at: datetime
) -> SelfPacedEnrolment:
    organisation = membership.organisation
    due_at = end_of_day(timezone.localtime(enrolled_at).date() + timedelta(days=DAYS_TO_FINISH))
    begun_at = None if state == EnrolmentState.ENROLLED else enrolled_at + timedelta(days=DAYS_TO_BEGIN)
    passed_at = enrolled_at + timedelta(days=DAYS_AT_WORK) if state == EnrolmentState.PASSED else None
    lapsed_at = due_at if state == EnrolmentState.LAPSED else None
    return SelfPacedEnrolment.objects.create(
        reference=f"S-AIREDON{number}",
        course=course,
        practitioner=membership.practitioner,
        offer=best_offer(offers=course.offers.all(), category=organisation.charging_category),
        state=state,
        state_since=passed_at or lapsed_at or begun_at or enrolled_at,
        organisation=organisation,
        sector=organisation.sector,
        charging_category=organisation.charging_category,
        price=Decimal(0),
        policy=ChargingPolicy.objects.get(),
        charges_non_completion=True,
        has_managers_agreement=True,
        terms_accepted_at=enrolled_at,
        enrolled_at=enrolled_at,
        due_at=due_at,
        begun_at=begun_at,
        passed_at=passed_at,
    )
