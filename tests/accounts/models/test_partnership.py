"""The partnership's row: asked for on every page, so that each process keeps it for some seconds."""

import pytest

from accounts.models import Partnership
from accounts.models import partnership as module

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept_for_long(settings):
    settings.PARTNERSHIP_KEPT_SECONDS = 3600
    module._kept.update(row=None, until=0.0)
    yield
    module._kept.update(row=None, until=0.0)


def test_current_is_asked_of_the_database_once(kept_for_long, django_assert_num_queries):
    Partnership.objects.current()
    with django_assert_num_queries(0):
        assert Partnership.objects.current().short_name


def test_current_is_the_callers_own_to_change(kept_for_long):
    mine = Partnership.objects.current()
    mine.team_name = "Somebody else"
    assert Partnership.objects.current().team_name != "Somebody else"


def test_a_changed_setting_is_seen_when_the_seconds_are_over(kept_for_long):
    before = Partnership.objects.current().request_hold_days
    Partnership.objects.update(request_hold_days=before + 1)
    assert Partnership.objects.current().request_hold_days == before
    module._kept["until"] = 0.0
    assert Partnership.objects.current().request_hold_days == before + 1
