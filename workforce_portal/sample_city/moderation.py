"""What the team decided about the words that people wrote: read within weeks, and some chosen for the report."""

from django.db import connection

from courses.models import Strand
from evaluation.models.moderation import Theme

# What each question is mostly answered with.
THEMES = {"OP1": Theme.TRAINERS, "OP2": Theme.CONTENT, "IM4": Theme.PRACTICE, "MG3": Theme.PRACTICE}
DECIDED = """
    INSERT INTO evaluation_moderation (answer_id, decision, words, theme, is_for_report, decided_at, decided_by_id)
    SELECT answer.id, answer.moderation,
        CASE answer.moderation WHEN 'WITHHELD' THEN '' WHEN 'REDACTED' THEN regexp_replace(words, '^\\S+', '[…]') ELSE words END,
        CASE answer.moderation WHEN 'WITHHELD' THEN '' ELSE %(themes)s::jsonb ->> question.code END,
        answer.moderation <> 'WITHHELD' AND answer.id %% 23 = 0 AND EXISTS (
            SELECT FROM evaluation_answer leave JOIN evaluation_question asked ON asked.id = leave.question_id
            WHERE leave.response_id = answer.response_id AND asked.code = 'OP3' AND leave.choices = '{yes}'),
        least(response.submitted_at + interval '6 days', %(now)s),
        CASE offer.strand WHEN %(partnership)s THEN %(officer)s ELSE %(team)s END
    FROM evaluation_answer answer
    CROSS JOIN LATERAL array_to_string(answer.texts, E'\\n') words
    JOIN evaluation_question question ON question.id = answer.question_id
    JOIN evaluation_response response ON response.id = answer.response_id
    JOIN bookings_booking booking ON booking.id = response.booking_id
    JOIN courses_offer offer ON offer.id = booking.offer_id
    WHERE answer.moderation IN ('APPROVED', 'REDACTED', 'WITHHELD')
    ORDER BY answer.id
"""


def decide(*, now, officer: int, team: int) -> None:
    """Write who decided what about every text that is marked as read."""
    themes = "{" + ", ".join(f'"{code}": "{theme}"' for code, theme in THEMES.items()) + "}"
    facts = {"now": now, "officer": officer, "team": team, "themes": themes, "partnership": Strand.MULTI_AGENCY}
    with connection.cursor() as cursor:
        cursor.execute(DECIDED, facts)
