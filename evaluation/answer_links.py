"""Links that open one questionnaire without signing in: signed, and for these answers alone.

Nothing is kept of them. Whether the answers are still wanted is said by the response itself, so a link is used up
when its answers are in. A manager's carries the day on which it ends, too.
"""

from datetime import UTC, datetime

from django.conf import settings
from django.core import signing
from django.urls import reverse

from evaluation.models import Response

ANSWER_LINK = "evaluation.answer-link"


def link_to(*, response: Response, until: datetime | None = None) -> str:
    """Return the address that a letter prints."""
    return settings.SITE_URL + reverse("evaluation:respond_by_link", args=[token_for(response=response, until=until)])


def token_for(*, response: Response, until: datetime | None) -> str:
    return signing.Signer(salt=ANSWER_LINK).sign_object([response.pk, int(until.timestamp()) if until else None])


def opened_by(token: str) -> tuple[int, datetime | None] | None:
    """Return the response this link is for, and when the link ends if it carries that; nothing for any other word."""
    try:
        response_id, until = signing.Signer(salt=ANSWER_LINK).unsign_object(token)
    except signing.BadSignature:
        return None
    return response_id, datetime.fromtimestamp(until, UTC) if until else None
