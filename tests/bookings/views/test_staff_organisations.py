"""The page on which the team decides about an employer."""

import pytest

from accounts.actions import organisations as belonging
from accounts.models import Organisation
from tests import cast
from tests.makers import NOW

pytestmark = pytest.mark.django_db

NEW = {
    "decision": "new",
    "name": "Heron House",
    "sector": "third_sector",
    "charging_category": "third_small",
    "evidence": "charity 1234567",
}


@pytest.fixture
def proposed():
    amina = cast.amina()
    return belonging.propose(practitioner=amina.practitioner, name="Heron House", by=amina, now=NOW)


def page(organisation):
    return f"/staff/organisations/{organisation.pk}/decide/"


def test_decide_lists_a_new_one(client, proposed):
    client.force_login(cast.wendy())
    assert "Amina Yusuf" in client.get(page(proposed)).text
    response = client.post(page(proposed), NEW, follow=True)
    assert "Heron House has its place" in response.text
    assert Organisation.objects.get(pk=proposed.pk).state == "LISTED"
    assert client.get(page(proposed)).status_code == 404


def test_decide_merges_into_a_listed_one(client, proposed):
    client.force_login(cast.wendy())
    client.post(page(proposed), {"decision": "same", "into": cast.police().pk, "sector": "faith"})
    assert cast.amina().practitioner.memberships.filter(organisation=cast.police()).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decision": ""}, "decision"),
        ({"decision": "same"}, "into"),
        ({"decision": "same", "into": "9" * 40}, "into"),
        ({"decision": "same", "into": "\0"}, "into"),
        ({"name": ""}, "name"),
        ({"sector": "castle"}, "sector"),
        ({"charging_category": ""}, "charging_category"),
        ({"evidence": ""}, "evidence"),
    ],
)
def test_decide_says_what_is_missing(client, proposed, changes, field):
    client.force_login(cast.wendy())
    response = client.post(page(proposed), {**NEW, **changes})
    assert list(response.context["form"].errors) == [field]
    assert Organisation.objects.get(pk=proposed.pk).state == "PROPOSED"


@pytest.mark.parametrize("person", [cast.amina, cast.carol, cast.lou])
def test_decide_is_closed_to_others(client, proposed, person):
    assert client.get(page(proposed)).status_code == 302
    client.force_login(person())
    assert client.post(page(proposed), NEW).status_code == 404
    assert Organisation.objects.get(pk=proposed.pk).state == "PROPOSED"


def test_decide_is_not_for_listed_organisations(client):
    client.force_login(cast.wendy())
    assert client.get(page(cast.police())).status_code == 404
