"""The mail server is away while people book: nobody notices, and when it is back every letter arrives."""

import pytest

from accounts.models import OutboundEmail
from tests.crash.crowd import Crowd, make_date, make_people
from tests.local_run import wait_for
from tests.sizes import IS_SOAK, size

pytestmark = pytest.mark.soak

PEOPLE = size(6, 500)
ARRIVED_WITHIN_SECONDS = size(90, 900)


def test_letters_arrive_once_the_mail_server_is_back(portal, post_office, figures):
    event = make_date("Neglect")
    before = post_office.extras()
    refused = make_people("Unknown", 1)[0]
    post_office.close()
    with Crowd(portal, [refused, *make_people("Lettered", PEOPLE)], event) as crowd:
        wait_for(lambda: len(crowd.acknowledged) == PEOPLE + 1, portal.story)
    tried = OutboundEmail.objects.unsent().exclude(last_error="")
    wait_for(tried.exists, portal.story)
    assert portal.ready()

    post_office.open()
    post_office.sink.answers = {refused.email: "550 no such person"}
    if not IS_SOAK:
        portal.broker().flushall()  # the note that the mail server is away for a minute goes with the cache
    unsent = OutboundEmail.objects.filter(sent_at__isnull=True, withheld_at__isnull=True)
    wait_for(lambda: list(unsent.values_list("to", flat=True)) == [refused.email], portal.story, ARRIVED_WITHIN_SECONDS)
    assert (unsent.get().given_up_at, unsent.get().attempts) == (unsent.get().given_up_at, 1)
    assert unsent.get().given_up_at
    assert post_office.missing() == {unsent.get().message_id}
    assert post_office.extras() == before
    unsent.delete()  # the other tests count what is missing
    figures(f"{PEOPLE} letters kept while the server was away, each delivered once; 1 refused, given up at once")
