"""Pages of the standards: officers change their words, and which of them are in force."""

import pytest

from accounts.models import AuditEntry
from evaluation.models import Section11Standard, TrainingStandard
from tests import cast
from tests.evaluation.returned import filled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
TRAINING, SECTION_11 = "/lscp/observations/standards/", "/lscp/returns/standards/"


def said(client, url):
    form = client.get(url).context["form"]
    return {name: field.initial for name, field in form.fields.items() if field.initial}


@pytest.mark.parametrize(("url", "kind"), [(TRAINING, TrainingStandard), (SECTION_11, Section11Standard)])
def test_officers_write_words_and_choose_what_is_in_force(client, url, kind):
    client.force_login(cast.lou())
    given = said(client, url)
    del given["active_5"]

    for _ in range(2):
        assert client.post(url, given | {"words_2": "Children first"}).status_code == 302
    assert kind.objects.get(number=2).words == "Children first"
    assert [each.number for each in kind.objects.filter(is_active=False)] == [5]
    assert AuditEntry.objects.filter(verb="standard.write").count() == 2
    assert client.post(url, given | {"words_2": " "}).status_code == 422
    client.force_login(cast.sal())
    assert client.get(url).status_code == 404


def test_a_return_is_asked_about_those_in_force(client):
    agency_return = filled()
    Section11Standard.objects.filter(number=6).update(is_active=False)
    client.force_login(cast.lea())

    page = client.get(f"/organisation/returns/{agency_return.pk}/section-11/")

    assert [each.number for each, _ in page.context["form"].by_standard] == [1, 2, 3, 4, 5]
