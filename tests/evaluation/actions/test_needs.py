"""Learning needs: written down once, changed while they are current, closed once."""

from datetime import timedelta

import pytest

from accounts.models import AuditEntry
from evaluation.actions import needs
from evaluation.actions.needs import NeedRefused
from evaluation.models import LearningNeed
from tests import cast
from tests.evaluation.needs import facts, make_need
from tests.makers import NOW

pytestmark = pytest.mark.django_db


def test_add_twice_alike_is_once_until_it_is_closed():
    first = make_need()

    assert make_need() == first
    assert make_need(source="AUDIT") != first
    needs.close(need_id=first.pk, by=cast.lou(), now=NOW)
    assert make_need() != first


def test_change_writes_it_anew_once():
    need = make_need()
    new = facts(priority=1, response="A briefing in every team")

    needs.change(need_id=need.pk, facts=new, by=cast.wendy(), now=NOW)
    needs.change(need_id=need.pk, facts=new, by=cast.wendy(), now=NOW)

    need.refresh_from_db()
    assert (need.need, need.priority, need.response) == (new.need, 1, "A briefing in every team")
    [entry] = AuditEntry.objects.filter(verb="need.change")
    assert entry.detail["fields"] == ["priority", "response"]


def test_close_is_once_and_ends_changes():
    need = make_need()
    needs.close(need_id=need.pk, by=cast.lou(), now=NOW)
    needs.close(need_id=need.pk, by=cast.wendy(), now=NOW + timedelta(days=1))

    need.refresh_from_db()
    assert (need.closed_at, need.closed_by) == (NOW, cast.lou())
    with pytest.raises(NeedRefused, match="has closed this need"):
        needs.change(need_id=need.pk, facts=facts(priority=1), by=cast.lou(), now=NOW)


def test_needs_are_read_by_those_who_plan_alone():
    make_need()
    readers = [who().email for who in (cast.lou, cast.sal, cast.wendy, cast.olive, cast.amina)
               if LearningNeed.objects.visible_to(who()).exists()]  # fmt: skip
    assert readers == ["lou@example.org", "sal@example.org", "wendy@example.org"]
