"""What managers and trainers were asked: managers twelve weeks on, every fifth has answered; trainers of the last days."""

from datetime import datetime

from django.db import connection

from evaluation import profiles
from evaluation.actions import responses
from evaluation.actions.responses import FOLLOW_UP_AFTER_END, FOLLOW_UP_OPENS
from evaluation.models import Questionnaire, Response
from evaluation.models.questionnaire import Stage

State = Response.State
# Chance that is the same at every loading: by the number of the booking.
ASKED = """
    INSERT INTO evaluation_response (booking_id, questionnaire_id, stage, state, opens_at, closes_at, invited_at,
        reminders_sent, submitted_at)
    SELECT booking.id, %(questionnaire)s, 'manager', said.state, said.opens_at, said.closes_at, said.opens_at,
        CASE WHEN said.opens_at + interval '10 days' <= %(as_of)s THEN 1 ELSE 0 END,
        CASE said.state WHEN 'SUBMITTED' THEN said.answered_at END
    FROM bookings_booking booking
    JOIN courses_event event ON event.id = booking.event_id
    JOIN courses_courseversion version ON version.id = event.version_id
    JOIN courses_course course ON course.id = version.course_id
    CROSS JOIN LATERAL (SELECT event.ends_at + %(opens)s AS opens_at, event.ends_at + %(closes)s AS closes_at,
        event.ends_at + %(opens)s + make_interval(days => 1 + (booking.id %% 20)::int) AS answered_at) times
    CROSS JOIN LATERAL (SELECT times.*, CASE
        WHEN booking.id * 7919 %% 100 < 18 AND times.answered_at < %(as_of)s THEN 'SUBMITTED'
        WHEN times.closes_at <= %(as_of)s THEN 'EXPIRED' ELSE 'OPEN' END AS state) said
    WHERE booking.state IN ('ATTENDED', 'PART_ATTENDED') AND booking.manager_email <> '' AND NOT booking.has_no_manager
        AND course.learning_format = ANY(%(formats)s) AND times.opens_at <= %(as_of)s
    ORDER BY booking.id
"""
ANSWERED = """
    INSERT INTO evaluation_answer (response_id, question_id, rating, is_not_applicable, choices, texts, moderation)
    SELECT response.id, question.id,
        CASE question.code WHEN 'MG2' THEN 1 + response.booking_id * 31 % 5 END, FALSE,
        CASE question.code WHEN 'MG1' THEN CASE WHEN response.booking_id % 4 = 0 THEN '{no}' ELSE '{yes}' END ELSE '{}' END::varchar[],
        '{}', 'NOT_NEEDED'
    FROM evaluation_response response
    JOIN evaluation_question question ON question.questionnaire_id = response.questionnaire_id
    WHERE response.stage = 'manager' AND response.state = 'SUBMITTED' AND question.code IN ('MG1', 'MG2')
    ORDER BY response.id, question.id
"""


def ask(*, as_of: datetime) -> None:
    """Write the questionnaires of managers and trainers as they stand at the beginning of today."""
    questionnaire = Questionnaire.objects.in_force(Stage.MANAGER).get()
    formats = profiles.formats_that_ask(questions=list(questionnaire.questions.all()), stage=Stage.MANAGER)
    facts = {
        "questionnaire": questionnaire.pk,
        "as_of": as_of,
        "opens": FOLLOW_UP_OPENS,
        "closes": FOLLOW_UP_AFTER_END,
        "formats": list(formats),
    }
    with connection.cursor() as cursor:
        cursor.execute(ASKED, facts)
        cursor.execute(ANSWERED)
    # What opens later, and the trainers' own reviews of the last days.
    responses.schedule(now=as_of)
    begun = Response.objects.filter(
        stage__in=[Stage.MANAGER, Stage.TRAINER], state=State.SCHEDULED, opens_at__lte=as_of
    )
    for response in begun:
        response.state = State.OPEN if response.closes_at > as_of else State.EXPIRED
        response.invited_at, response.reminders_sent = response.opens_at, 1
        response.save(update_fields=["state", "invited_at", "reminders_sent"])
