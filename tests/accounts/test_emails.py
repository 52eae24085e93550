"""Letters about accounts that would come too late."""

from datetime import timedelta

import pytest

from accounts.correspondence import why_not
from tests.accounts.test_post import make_letter
from tests.makers import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("letter", "minutes", "is_late"),
    [
        ("account/email/password_reset_key", 60, False),
        ("account/email/password_reset_key", 61, True),
        ("account/email/password_changed", 6_000, False),
    ],
)
def test_a_link_to_a_new_password_is_not_sent_once_it_no_longer_works(letter, minutes, is_late):
    email = make_letter(letter=letter, is_secret=True)
    assert bool(why_not(email, now=NOW + timedelta(minutes=minutes))) == is_late
