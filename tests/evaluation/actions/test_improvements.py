"""improvements: what somebody promised by a day, ended once and with a word of what came of it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import OutboundEmail
from evaluation.actions import improvements
from evaluation.actions.improvements import ActionRefused
from evaluation.models import ImprovementAction
from tests import cast
from tests.evaluation.observed import done, planned, shared
from tests.makers import NOW

pytestmark = pytest.mark.django_db

State, Source = ImprovementAction.State, ImprovementAction.Source
TODAY = NOW.date()


def agree(by, **facts):
    facts = {"what": "Add the bruising protocol", "source": Source.MEETING, "due_on": TODAY} | facts
    return improvements.agree(by=by, now=NOW, **facts)


def test_agree_names_one_owner():
    lou, dev = cast.lou(), cast.dev()

    assert agree(lou, owner=dev).owner_name == "Dev Patel"
    assert agree(lou, owner_words=" Police, learning lead ").owner_name == "Police, learning lead"
    for nobody_or_two in ({}, {"owner": dev, "owner_words": "Police"}):
        with pytest.raises(ActionRefused, match="Say who does it"):
            agree(lou, **nobody_or_two)
    assert ImprovementAction.objects.count() == 2


def test_agree_twice_alike_is_once_while_it_is_open():
    lou, dev = cast.lou(), cast.dev()
    first = agree(lou, owner=dev)

    assert agree(lou, owner=dev, what=" Add the bruising protocol ") == first
    others = [agree(lou, owner=lou), agree(lou, owner=dev, due_on=TODAY + timedelta(days=1))]
    improvements.end(action_id=first.pk, state=State.DONE, outcome="Done.", by=lou, now=NOW)
    assert first not in [*others, agree(lou, owner=dev)]
    assert ImprovementAction.objects.count() == 4


def test_agree_asks_where_it_comes_from():
    lou, observation = cast.lou(), planned()

    assert agree(lou, owner=lou, source=Source.OBSERVATION, observation=observation).observation == observation
    for source, named, words in (
        (Source.OBSERVATION, None, "which observation"),
        (Source.MEETING, observation, "which observation"),
        (Source.REPORT, None, "which quality report"),
    ):
        with pytest.raises(ActionRefused, match=words):
            agree(lou, owner=lou, source=source, observation=named, what="Something else")
    with pytest.raises(ActionRefused, match="what is to be done"):
        agree(lou, owner=lou, what="  ")


def test_agree_writes_to_an_owner_who_has_not_written_it_down():
    lou, dev = cast.lou(), cast.dev()
    agree(lou, owner=dev)
    agree(lou, owner=dev)
    agree(lou, owner=lou)
    agree(lou, owner_words="Police")

    [letter] = OutboundEmail.objects.all()
    assert (letter.letter, letter.to) == ("evaluation/action_agreed", "dev@example.org")
    assert "Add the bruising protocol" in letter.text


def test_end_says_what_came_of_it_once():
    lou = cast.lou()
    action = agree(lou, owner=lou)

    with pytest.raises(ActionRefused, match="Say what came of it"):
        improvements.end(action_id=action.pk, state=State.DONE, outcome="  ", by=lou, now=NOW)
    improvements.end(action_id=action.pk, state=State.DONE, outcome="It is in the slides.", by=lou, now=NOW)
    again = improvements.end(
        action_id=action.pk, state=State.DONE, outcome="It is in the slides.", by=lou, now=NOW + timedelta(days=1)
    )

    assert (again.state, again.outcome, again.ended_at) == (State.DONE, "It is in the slides.", NOW)
    with pytest.raises(ActionRefused, match="Somebody has ended it already: it is done"):
        improvements.end(action_id=action.pk, state=State.DROPPED, outcome="Not needed.", by=lou, now=NOW)


def test_reopen_takes_the_end_back():
    lou = cast.lou()
    action = agree(lou, owner=lou)
    improvements.end(action_id=action.pk, state=State.DROPPED, outcome="Not needed.", by=lou, now=NOW)

    reopened = improvements.reopen(action_id=action.pk, by=lou, now=NOW)

    assert (reopened.state, reopened.outcome, reopened.ended_at, reopened.ended_by) == (State.OPEN, "", None, None)
    assert improvements.reopen(action_id=action.pk, by=lou, now=NOW) == reopened


def test_what_is_outstanding_and_overdue():
    lou = cast.lou()
    late = agree(lou, owner=lou, due_on=TODAY - timedelta(days=1))
    today = agree(lou, owner=lou)
    done = agree(lou, owner=lou, due_on=TODAY - timedelta(days=1), what="Something else")
    improvements.end(action_id=done.pk, state=State.DONE, outcome="Done.", by=lou, now=NOW)

    assert set(ImprovementAction.objects.outstanding()) == {late, today}
    assert list(ImprovementAction.objects.overdue(TODAY)) == [late]


def test_owners_see_their_own_and_the_subgroup_sees_all():
    lou, dev, amina = cast.lou(), cast.dev(), cast.amina()
    devs, police = agree(lou, owner=dev), agree(lou, owner_words="Police")

    of_an_observation = agree(lou, owner=dev, source=Source.OBSERVATION, observation=shared(planned()))

    def seen(user):
        return set(ImprovementAction.objects.visible_to(user))

    assert (seen(lou), seen(dev)) == ({devs, police, of_an_observation}, {devs, of_an_observation})
    assert (seen(cast.sal()), seen(amina)) == ({devs, police}, set())


def test_an_owner_does_not_see_what_an_observer_is_still_writing():
    lou, dev = cast.lou(), cast.dev()
    observation = done(planned())
    agree(lou, owner=dev, source=Source.OBSERVATION, observation=observation)

    assert not ImprovementAction.objects.visible_to(dev).exists()
    shared(observation)
    assert ImprovementAction.objects.visible_to(dev).exists()


def test_an_owner_is_a_duty_or_an_agency_without_a_name():
    lou = cast.lou()
    owners = {"owner": lou}, {"owner": cast.dev()}, {"owner_words": "Health, learning lead"}, {"owner": cast.zed()}
    actions = [agree(lou, **owner).pk for owner in owners]

    found = ImprovementAction.objects.with_owners().in_bulk(actions)

    agency = cast.dev().practitioner.memberships.get().organisation.name
    assert [found[pk].owner_in_role for pk in actions[:3]] == [
        "LSCP officer",
        f"Somebody of {agency}",
        "Health, learning lead",
    ]
    assert "Zed" not in found[actions[3]].owner_in_role


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"owner_words": "Police"}, "an_action_has_one_owner"),
        ({"state": State.DONE}, "an_action_that_ended_says_when_by_whom_and_how"),
    ],
)
def test_the_database_refuses(facts, rule):
    lou = cast.lou()
    action = agree(lou, owner=lou)

    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        ImprovementAction.objects.filter(pk=action.pk).update(**facts)
