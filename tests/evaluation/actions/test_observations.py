"""observations: planned, written up, shared as it is, agreed with actions, closed; and what the database refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import OutboundEmail, Role
from courses.models import Trainer
from evaluation import emails
from evaluation.actions import improvements, observations, standards
from evaluation.actions.observations import ObservationRefused, Promise
from evaluation.models import ImprovementAction, Observation, ObservationRating, TrainingStandard
from evaluation.models.observation import ObservationState
from tests import cast
from tests.evaluation.observed import A_YEAR_ON, Rating, agreed, at, done, make_standards, planned, shared
from tests.makers import NOW, assign_trainer, make_event

pytestmark = pytest.mark.django_db

State = ObservationState


def letters(name):
    return sorted(OutboundEmail.objects.filter(letter=f"evaluation/{name}").values_list("to", flat=True))


def plan(trainer, event, observer, **facts):
    row = Trainer.objects.get(practitioner__user=trainer)
    facts = {"day": event.starts_at.date(), "by": cast.lou(), "now": NOW} | facts
    return observations.plan(trainer=row, event=event, observer=observer, **facts)


def test_plan_tells_trainer_and_observer_once():
    dev, olive = cast.dev(), cast.olive()
    event = make_event(trainer=dev)

    first, second = plan(dev, event, olive), plan(dev, event, olive)

    assert first == second
    assert (first.state, first.planned_by) == (State.PLANNED, cast.lou())
    assert letters("observation_planned") == ["dev@example.org", "olive@example.org"]


def test_plan_refuses_the_wrong_observer_and_the_wrong_day():
    dev, olive = cast.dev(), cast.olive()
    event = make_event(trainer=dev)

    with pytest.raises(ObservationRefused, match="has the duty"):
        plan(dev, event, cast.zed())
    with pytest.raises(ObservationRefused, match="Nobody observes themselves"):
        plan(dev, event, dev)
    with pytest.raises(ObservationRefused, match="does not train on that day"):
        plan(dev, event, olive, day=event.starts_at.date() + timedelta(days=1))
    plan(dev, event, olive)
    with pytest.raises(ObservationRefused, match="Somebody else observes"):
        plan(dev, event, cast.lou())
    assert Observation.objects.count() == 1


def test_plan_asks_for_a_trainer_who_can_read_it():
    dev = cast.dev()
    event = make_event(trainer=dev)
    trainer = Trainer.objects.get(practitioner__user=dev)
    trainer.practitioner.user = None
    trainer.practitioner.save(update_fields=["user"])

    with pytest.raises(ObservationRefused, match="no account"):
        observations.plan(
            trainer=trainer, event=event, day=event.starts_at.date(), observer=cast.olive(), by=cast.lou(), now=NOW
        )


def test_call_off_makes_room_for_another_plan_and_stops_the_letter():
    observation = planned()
    letter = OutboundEmail.objects.filter(letter="evaluation/observation_planned").first()
    assert emails.why_not(letter, now=NOW) == ""

    for _ in range(2):
        off = observations.call_off(observation_id=observation.pk, by=cast.lou(), now=NOW)

    assert (off.state, off.called_off_at) == (State.CALLED_OFF, NOW)
    assert emails.why_not(letter, now=NOW) == "The observation was called off."
    assert planned(observation.event) != observation


def test_record_keeps_what_there_is_and_goes_on():
    observation = planned()
    first, second, *_ = make_standards()
    facts = {"observation_id": observation.pk, "by": cast.olive(), "now": NOW}

    observations.record(ratings={first: Rating.MET}, strengths="", to_develop="", **facts)
    later = observations.record(
        ratings={first: Rating.PARTLY, second: Rating.NOT_SEEN}, strengths=" Warm. ", to_develop="Pace.", **facts
    )

    assert (later.state, later.strengths, later.to_develop) == (State.DONE, "Warm.", "Pace.")
    assert dict(later.ratings.values_list("standard__number", "rating")) == {1: "PARTLY", 2: "NOT_SEEN"}


def test_record_is_the_observers_from_the_day_itself():
    observation = planned()
    facts = {"observation_id": observation.pk, "ratings": {}, "strengths": "", "to_develop": ""}

    with pytest.raises(ObservationRefused, match="Only whoever observed"):
        observations.record(by=cast.lou(), now=NOW, **facts)
    with pytest.raises(ObservationRefused, match="still to come"):
        observations.record(by=cast.olive(), now=NOW - timedelta(days=5), **facts)
    on_the_day = observations.record(by=cast.olive(), now=NOW - timedelta(days=2), **facts)
    assert on_the_day.state == State.DONE


def test_share_asks_for_what_is_missing():
    observation = planned()
    facts = {"observation_id": observation.pk, "by": cast.olive(), "now": NOW}
    given = dict.fromkeys(make_standards(), Rating.MET)
    third = TrainingStandard.objects.get(number=3)

    observations.record(ratings={}, strengths="", to_develop="", **facts)
    with pytest.raises(ObservationRefused, match=r"Rate standards 1, 2, 3.* Write what went well"):
        observations.share(**facts)
    observations.record(ratings=given | {third: Rating.PARTLY}, strengths="Warm.", to_develop="", **facts)
    with pytest.raises(ObservationRefused, match=r"^Something is partly or not met: write"):
        observations.share(**facts)
    observations.record(ratings=given, strengths="Warm.", to_develop="", **facts)

    assert observations.share(**facts).state == State.SHARED
    assert letters("observation_shared") == ["dev@example.org"]


def test_share_leaves_out_a_standard_that_is_not_in_force():
    observation = planned()
    given = dict.fromkeys([each for each in make_standards() if each.number != 9], Rating.MET)
    facts = {"observation_id": observation.pk, "by": cast.olive(), "now": NOW}
    observations.record(ratings=given, strengths="Warm.", to_develop="", **facts)
    with pytest.raises(ObservationRefused, match=r"^Rate standard 9\.$"):
        observations.share(**facts)

    changed = standards.write(kind=TrainingStandard, given={9: ("The setting helps", False)}, by=cast.lou(), now=NOW)

    assert changed == 1
    assert observations.share(**facts).state == State.SHARED


def test_share_tells_every_officer_of_a_standard_not_met_once():
    cast.make_person("Lin Officer", roles=[Role.LSCP_OFFICER])
    first = shared()
    assert letters("observation_not_met") == []

    second = shared(planned(days_ago=3), s4="NOT_MET")
    observations.share(observation_id=second.pk, by=cast.olive(), now=NOW)

    assert first.state == second.state == State.SHARED
    assert letters("observation_not_met") == ["lin@example.org", "lou@example.org"]


def test_agree_needs_an_action_with_a_day_where_something_is_to_be_developed():
    observation = shared(s2="PARTLY")
    dev = cast.dev()
    facts = {"observation_id": observation.pk, "comment": " Fair. ", "by": dev, "now": NOW}

    with pytest.raises(ObservationRefused, match="at least one action"):
        observations.agree(**facts)
    promise = Promise(what="Read the protocol", due_on=A_YEAR_ON)
    agreed_one = observations.agree(promise=promise, **facts)

    action = ImprovementAction.objects.get()
    assert (agreed_one.state, agreed_one.trainers_comment) == (State.AGREED, "Fair.")
    assert (action.observation, action.owner, action.source) == (observation, dev, "OBSERVATION")
    assert observations.agree(**facts).agreed_at == NOW


def test_agree_is_the_trainers_alone_and_needs_no_action_where_all_is_met():
    observation = shared()
    facts = {"observation_id": observation.pk, "comment": "", "now": NOW}

    with pytest.raises(ObservationRefused, match="Only the trainer"):
        observations.agree(by=cast.olive(), **facts)
    assert observations.agree(by=cast.dev(), **facts).state == State.AGREED


def test_actions_are_put_down_by_observer_and_trainer_until_it_is_agreed():
    observation = done()
    promise = Promise(what="New slides", due_on=A_YEAR_ON, owner_words="Police, learning lead")
    facts = {"observation_id": observation.pk, "promise": promise, "now": NOW}

    with pytest.raises(ObservationRefused, match="added by the observer and the trainer"):
        observations.add_action(by=cast.lou(), **facts)
    for _ in range(2):
        action = observations.add_action(by=cast.olive(), **facts)
    assert (action.owner_name, observation.actions.count()) == ("Police, learning lead", 1)
    observations.share(observation_id=observation.pk, by=cast.olive(), now=NOW)
    observations.agree(observation_id=observation.pk, comment="", by=cast.dev(), now=NOW)
    with pytest.raises(ObservationRefused, match="before both have agreed"):
        observations.add_action(by=cast.olive(), **facts)


def test_close_waits_for_the_actions():
    observation = agreed()
    action = observation.actions.get()
    facts = {"observation_id": observation.pk, "by": cast.lou(), "now": NOW}

    with pytest.raises(ObservationRefused, match="still open"):
        observations.close(**facts)
    improvements.end(action_id=action.pk, state="DONE", outcome="It is in.", by=cast.lou(), now=NOW)

    assert observations.close(**facts).state == State.CLOSED
    assert observations.close(**facts).closed_at == NOW


def test_who_sees_what():
    one = planned()
    olive, lou, dev, sal = cast.olive(), cast.lou(), cast.dev(), cast.sal()
    another = planned(days_ago=5, observer=lou)

    def seen(user):
        return set(Observation.objects.visible_to(user))

    assert (seen(lou), seen(olive), seen(dev), seen(sal)) == ({one, another}, {one}, set(), set())
    shared(one)
    assert (seen(dev), seen(sal), seen(cast.amina())) == ({one}, set(), set())
    olive.roles = []
    assert seen(olive) == set()


def test_a_moved_trainer_is_told_apart():
    observation = planned()
    assert Observation.objects.with_facts().get().is_still_on
    observation.event.sessions.get().trainer_assignments.all().delete()
    assign_trainer(observation.event.sessions.get(), _another_trainer())
    assert not Observation.objects.with_facts().get().is_still_on


def _another_trainer():
    user = cast.make_person("Tam Trainer", cast.police())
    Trainer.objects.create(practitioner=user.practitioner, organisation=cast.police())
    return user


@pytest.mark.parametrize(
    ("state", "change", "rule"),
    [
        ("PLANNED", {"state": State.CLOSED}, "Invalid transition"),
        ("PLANNED", {"observer": "trainer"}, "nobody observes themselves"),
        ("PLANNED", {"closed_at": NOW}, "by_whom_it_was_closed"),
        ("DONE", {"shared_at": NOW}, "by_whom_it_was_shared"),
        ("SHARED", {"strengths": "Others."}, "stays as it is"),
        ("SHARED", {"to_develop": "Others."}, "stays as it is"),
        ("AGREED", {"state": State.SHARED}, "Invalid transition"),
    ],
)
def test_the_database_refuses(state, change, rule):
    observation = at(state)
    if change.get("observer") == "trainer":
        change = {"observer": cast.dev()}

    with pytest.raises(Exception, match=rule), transaction.atomic():
        Observation.objects.filter(pk=observation.pk).update(**change)


def share_by_hand(observation):
    by = {"shared_at": NOW, "shared_by": observation.observer}
    Observation.objects.filter(pk=observation.pk).update(state=State.SHARED, **by)


def test_the_database_refuses_to_share_what_is_not_whole():
    observation = done()
    observation.ratings.filter(standard__number=5).delete()
    with pytest.raises(IntegrityError, match="lacks the rating"), transaction.atomic():
        share_by_hand(observation)
    five = TrainingStandard.objects.get(number=5)
    rating = ObservationRating.objects.create(observation=observation, standard=five, rating=Rating.NOT_MET)
    with pytest.raises(IntegrityError, match="what is to be developed"), transaction.atomic():
        share_by_hand(observation)
    rating.rating = Rating.MET
    rating.save(update_fields=["rating"])
    share_by_hand(observation)
    assert Observation.objects.get().state == State.SHARED


def test_the_database_refuses_ratings_after_it_was_shared():
    observation = shared()
    rating = observation.ratings.first()

    for change in (
        lambda: observation.ratings.filter(pk=rating.pk).update(rating=Rating.PARTLY),
        lambda: observation.ratings.filter(pk=rating.pk).delete(),
        lambda: ObservationRating.objects.create(observation=observation, standard=rating.standard, rating="MET"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert observation.ratings.get(pk=rating.pk).rating == Rating.MET


def test_the_database_refuses_agreement_without_an_action():
    observation = shared(s1="NOT_MET")
    by = {"agreed_at": NOW, "agreed_by": cast.dev()}

    with pytest.raises(IntegrityError, match="no action"), transaction.atomic():
        Observation.objects.filter(pk=observation.pk).update(state=State.AGREED, **by)
    observations.add_action(
        observation_id=observation.pk, promise=Promise(what="Read", due_on=A_YEAR_ON), by=cast.dev(), now=NOW
    )
    Observation.objects.filter(pk=observation.pk).update(state=State.AGREED, **by)
    assert Observation.objects.get().state == State.AGREED


def test_only_an_action_of_an_observation_names_one():
    action = agreed().actions.get()
    with pytest.raises(IntegrityError, match="only_an_action_of_an_observation"), transaction.atomic():
        ImprovementAction.objects.filter(pk=action.pk).update(source="MEETING")
