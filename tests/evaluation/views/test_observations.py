"""Pages of observations for officers and observers: the list, the plan, the write-up, the record."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.models import Event, Trainer
from evaluation.actions import improvements
from evaluation.models import Observation
from evaluation.models.observation import ObservationState
from tests import cast
from tests.evaluation.observed import agreed, done, planned, shared
from tests.makers import NOW, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LIST = "/lscp/observations/"


def page_of(observation, name="detail"):
    return reverse(f"evaluation:observation_{name}", args=[observation.pk])


@pytest.fixture
def lou(client):
    client.force_login(cast.lou())
    return client


@pytest.fixture
def olive(client):
    client.force_login(cast.olive())
    return client


def listed(client, query=""):
    return {row["observation"] for row in client.get(LIST + query).context["rows"]}


def test_the_list_shows_what_each_filter_says(lou):
    due = done(planned(days_ago=3))
    waiting = shared(planned(days_ago=4))
    open_actions = agreed(planned(days_ago=5))
    coming = planned(make_event(trainer=cast.dev(), starts_at=NOW + timedelta(days=9)))

    assert listed(lou) == {due, waiting, open_actions, coming}
    assert listed(lou, "?show=due") == {due}
    assert listed(lou, "?show=shared") == {waiting}
    assert listed(lou, "?show=actions") == {open_actions}
    assert listed(lou, "?show=planned") == {coming}
    assert listed(lou, "?show=nonsense%00") == {due, waiting, open_actions, coming}


def test_the_list_says_by_when_and_what_is_late(lou):
    planned(days_ago=4)  # Tuesday 17 November: ten working days later is 1 December
    planned(days_ago=20)  # Sunday 1 November: 13 November is past

    page = lou.get(LIST).content.decode()

    assert "Share it by 1 Dec 2026" in page
    assert "Was to be shared by 13 Nov 2026" in page


def test_the_list_asks_the_same_however_long_it_is(lou):
    planned()
    lou.get(LIST)
    with CaptureQueriesContext(connection) as one:
        lou.get(LIST)
    for days in (3, 4, 5):
        planned(days_ago=days)
    with CaptureQueriesContext(connection) as four:
        lou.get(LIST)
    assert len(four) == len(one)


def test_an_observer_has_their_own_alone(olive):
    mine, others = planned(), planned(days_ago=4, observer=cast.lou())

    assert listed(olive) == {mine}
    assert olive.get(page_of(mine)).status_code == 200
    assert olive.get(page_of(others)).status_code == 404
    assert olive.get(page_of(others, "write")).status_code == 404
    assert "Plan an observation" not in olive.get(LIST).content.decode()


def test_a_subgroup_member_never_reads_a_named_one(client):
    observation = agreed()
    client.force_login(cast.sal())
    for url in (LIST, page_of(observation), page_of(observation, "write")):
        assert client.get(url).status_code == 404


def test_trainers_who_are_due_come_longest_unseen_first(lou):
    never, long_ago, lately = (_trainer(name) for name in ("Ann Never", "Bob Longago", "Cat Lately"))
    for trainer, days in ((long_ago, 800), (lately, 30)):
        done(planned(trainer=trainer.practitioner.user, days_ago=days))

    due = list(lou.get(f"{LIST}trainers/").context["page"])
    everybody = list(lou.get(f"{LIST}trainers/?all=").context["page"])

    assert due == [never, long_ago]
    assert everybody == [never, long_ago, lately]


def _trainer(name):
    user = cast.make_person(name, cast.police())
    return Trainer.objects.create(practitioner=user.practitioner, organisation=cast.police())


def test_plan_offers_coming_days_and_observers(lou):
    event = make_event(trainer=cast.dev())
    make_event(trainer=cast.dev(), starts_at=NOW - timedelta(days=3), state=Event.State.DELIVERED)
    trainer, olive = Trainer.objects.get(), cast.olive()
    url = reverse("evaluation:observation_plan", args=[trainer.pk])
    form = lou.get(url).context["form"]
    [assignment] = form.fields["assignment"].queryset

    assert {each.email for each in form.fields["observer"].queryset} == {"lou@example.org", "olive@example.org"}
    answer = lou.post(url, {"assignment": assignment.pk, "observer": olive.pk})

    observation = Observation.objects.get()
    assert (observation.event, observation.observer) == (event, olive)
    assert answer.url == page_of(observation)
    assert lou.post(url, {"assignment": assignment.pk, "observer": cast.lou().pk}).status_code == 409
    assert lou.post(url, {"assignment": "x", "observer": "9" * 40}).status_code == 422


def test_write_saves_and_goes_on_and_shares_only_what_is_whole(olive):
    observation = planned()
    url = page_of(observation, "write")
    said = {f"standard_{number}": "MET" for number in range(1, 10)} | {"strengths": "Warm.", "to_develop": "Pace."}

    assert olive.post(url, said | {"save": "yes"}).status_code == 302
    half = olive.post(url, said | {"share": "yes"})
    assert (half.status_code, "Rate standard 10." in half.content.decode()) == (409, True)
    observation.refresh_from_db()
    assert (observation.state, observation.strengths) == (ObservationState.DONE, "Warm.")
    assert olive.get(url).content.decode().count(" checked") == 9
    whole = said | {"standard_10": "NOT_MET", "what": "Ask for feedback", "due_on": "1/3/2027", "share": "yes"}

    assert olive.post(url, whole).url == page_of(observation)
    observation.refresh_from_db()
    assert (observation.state, observation.actions.get().what) == (ObservationState.SHARED, "Ask for feedback")
    assert olive.get(url).url == page_of(observation)


def test_write_says_what_is_wrong_beside_the_field(olive):
    url = page_of(planned(), "write")

    page = olive.post(url, {"standard_1": "GREAT", "what": "Read", "strengths": "x" * 1001, "owner_words": "a\x00b"})

    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"standard_1", "due_on", "strengths", "owner_words"}
    assert (
        "Choose a day that is still to come." in olive.post(url, {"what": "R", "due_on": "1/3/2020"}).content.decode()
    )


def test_detail_tells_everything_in_the_order_of_time(lou):
    observation = agreed()
    improvements.end(
        action_id=observation.actions.get().pk,
        state="DONE",
        outcome="It is in.",
        by=cast.lou(),
        now=NOW + timedelta(days=1),
    )

    steps = lou.get(page_of(observation)).context["steps"]

    assert [words for _, words, _ in steps] == [
        "Planned",
        "Writing up begun",
        "Shared with the trainer",
        "Agreed by the trainer",
        "Action put down: Add the bruising protocol",
        "Action done: It is in.",
    ]
    assert [who for *_, who in steps][:4] == ["Lou Adeyemi", "Olive Grant", "Olive Grant", "Dev Patel"]


def test_officers_call_off_and_close(lou):
    coming, over = planned(days_ago=3), agreed(planned(days_ago=4))

    lou.post(page_of(coming, "call_off"))
    assert lou.post(page_of(over, "close")).status_code == 409
    improvements.end(action_id=over.actions.get().pk, state="DONE", outcome="Done.", by=cast.lou(), now=NOW)
    lou.post(page_of(over, "close"))

    states = dict(Observation.objects.values_list("pk", "state"))
    assert states == {coming.pk: ObservationState.CALLED_OFF, over.pk: ObservationState.CLOSED}
