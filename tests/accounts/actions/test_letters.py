"""Letters that failed go into the post again."""

import pytest

from accounts.actions import letters
from accounts.models import AuditEntry, OutboundEmail
from tests import cast
from tests.accounts.test_post import make_letter
from tests.makers import NOW

pytestmark = pytest.mark.django_db


def test_send_again_gives_the_letter_all_its_attempts():
    letter = make_letter(given_up_at=NOW, attempts=48, last_error="550 no such person")
    letters.send_again(email=letter, by=cast.wendy(), now=NOW)
    assert list(OutboundEmail.objects.owed(NOW)) == [letter]
    assert (letter.attempts, letter.last_error) == (0, "")
    assert AuditEntry.objects.filter(verb="letter.send_again").count() == 1


def test_send_again_refuses_a_letter_whose_text_is_erased():
    letter = make_letter(given_up_at=NOW, is_secret=True, text="")
    with pytest.raises(letters.CannotSendAgain):
        letters.send_again(email=letter, by=cast.wendy(), now=NOW)
    assert not OutboundEmail.objects.owed(NOW).exists()
