"""Import on the administration site: preview, then exactly that, by the same person; export on the record."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from accounts import clock
from accounts.models import AuditEntry, Cluster, Organisation, Role
from accounts.spreadsheets import PortalXLSX
from tests import cast

pytestmark = pytest.mark.django_db
IMPORT, CONFIRM, EXPORT = (f"/admin/accounts/cluster/{name}/" for name in ("import", "process_import", "export"))


@pytest.fixture
def team(client):
    client.force_login(cast.wendy())
    return client


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def upload(client, text="name\nEastgate\nWharfside\n"):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(IMPORT, {"import_file": SimpleUploadedFile("clusters.csv", data)})


def ticket_of(response):
    return response.context["confirm_form"].initial["ticket"]


def test_import_happens_after_the_preview(team):
    preview = upload(team)
    assert Cluster.objects.count() == 0
    assert "Eastgate" in preview.text
    response = team.post(CONFIRM, {"ticket": ticket_of(preview)}, follow=True)
    assert response.status_code == 200
    assert sorted(Cluster.objects.values_list("name", flat=True)) == ["Eastgate", "Wharfside"]
    entry = AuditEntry.objects.get(verb="spreadsheet.import")
    assert (entry.subject, entry.detail, entry.actor_id) == ("accounts.cluster", {"new": 2}, cast.wendy().pk)
    assert default_storage.listdir("imports") == ([], [])


def test_import_refuses_a_second_confirmation(team):
    ticket = ticket_of(upload(team))
    team.post(CONFIRM, {"ticket": ticket})
    response = team.post(CONFIRM, {"ticket": ticket}, follow=True)
    assert "imported already" in response.text
    assert Cluster.objects.count() == 2


def test_import_refuses_when_the_data_changed_since_the_preview(team):
    ticket = ticket_of(upload(team))
    Cluster.objects.create(name="Eastgate")
    response = team.post(CONFIRM, {"ticket": ticket}, follow=True)
    assert "the data changed" in response.text
    assert Cluster.objects.count() == 1


def test_import_refuses_confirmation_by_another_person(team, client):
    ticket = ticket_of(upload(team))
    client.force_login(cast.make_person("Olu Owner", roles=[Role.SYSTEM_OWNER]))
    response = client.post(CONFIRM, {"ticket": ticket}, follow=True)
    assert "Somebody else saw this preview" in response.text
    assert Cluster.objects.count() == 0


@pytest.mark.parametrize("ticket", ["", "forged", "a:b:c"])
def test_import_refuses_a_forged_ticket(team, ticket):
    response = team.post(CONFIRM, {"ticket": ticket}, follow=True)
    assert "Upload the file again" in response.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file is empty"),
        ("name\n", "no rows below"),
        ("name\nEastgate\nEastgate\n", "already stands in row 2"),
        ("name\n=1+1\n", "is a formula"),
        ("title\nEastgate\n", "is not known"),
        (b"PK\x03\x04nonsense", "damaged"),
    ],
)
def test_import_explains_what_is_wrong(team, content, words):
    response = upload(team, content)
    assert response.status_code == 200
    assert words in response.text
    assert "confirm_form" not in response.context
    assert Cluster.objects.count() == 0


def test_import_is_closed_to_others(client):
    assert client.get(IMPORT).status_code == 302
    client.force_login(cast.amina())
    assert client.get(IMPORT).status_code != 200
    assert upload(client).status_code != 200
    assert Cluster.objects.count() == 0


def test_export_is_typed_and_on_record(team):
    cast.make_organisation("=1+1 School", child_facing_headcount=40)
    chosen = ["name", "child_facing_headcount"]
    response = team.post(
        "/admin/accounts/organisation/export/",
        {"format": "1", "resource": "0", **{f"organisationresource_{name}": "on" for name in chosen}},
    )
    sheet = load_workbook(io.BytesIO(response.getvalue())).active
    cells = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == "=1+1 School")
    assert [(cell.data_type, cell.value) for cell in cells] == [("s", "=1+1 School"), ("n", 40)]
    assert AuditEntry.objects.get(verb="spreadsheet.export").subject == "accounts.organisation"


def test_export_is_sent_row_by_row_and_on_record(team):
    cast.make_organisation("Łukasz’ School")
    asked = {"resource": "0", "organisationresource_name": "on"}
    answer = team.post("/admin/accounts/organisation/export/?q=School", {"format": "0", **asked})
    assert answer.streaming
    assert answer.getvalue().decode() == "\ufeffname\r\nŁukasz’ School\r\n"
    assert answer["Content-Disposition"].startswith('attachment; filename="Organisation-')
    entry = AuditEntry.objects.get(verb="spreadsheet.export")
    assert entry.detail == {"rows": 1, "format": "csv", "columns": ["name"]}


def test_export_says_when_a_workbook_cannot_hold_the_rows(team, monkeypatch):
    monkeypatch.setattr(PortalXLSX, "MOST_ROWS", 1)
    cast.make_organisation("Another School")
    asked = {"resource": "0", "organisationresource_name": "on"}
    refused = team.post("/admin/accounts/organisation/export/", {"format": "1", **asked})
    assert "Export them as CSV" in refused.text
    assert not AuditEntry.objects.filter(verb="spreadsheet.export").exists()
    assert team.post("/admin/accounts/organisation/export/", {"format": "0", **asked}).streaming


def test_export_of_a_list_narrowed_by_nonsense_offers_all_of_it(team):
    response = team.get(f"{EXPORT}?nonsense=1")
    assert (response.status_code, response.url) == (302, EXPORT)
    assert team.get(EXPORT).status_code == 200


def test_export_is_closed_to_others(client):
    client.force_login(cast.lou())
    assert client.post(EXPORT, {"format": "0", "resource": "0"}).status_code != 200
    assert not AuditEntry.objects.filter(verb="spreadsheet.export").exists()


def test_look_at_rows_with_a_life_cycle_without_changing_them(team):
    membership = cast.amina().practitioner.memberships.get()
    address = f"/admin/accounts/membership/{membership.pk}/change/"
    assert team.get(address).status_code == 200
    assert team.post(address, {"role": "MANAGER"}).status_code == 403
    assert team.get("/admin/accounts/membership/add/").status_code == 403


def test_keep_tables_with_secrets_off_the_site(client):
    owner = cast.make_person("Olu Owner", roles=[Role.SYSTEM_OWNER])
    owner.is_superuser = True
    owner.save(update_fields=["is_superuser"])
    client.force_login(owner)
    assert client.get("/admin/").status_code == 200
    for path in ("mfa/authenticator", "socialaccount/socialapp", "usersessions/usersession", "auth/group"):
        assert client.get(f"/admin/{path}/").status_code == 404


def test_setting_a_category_by_hand_remembers_who(team):
    school = cast.make_organisation(charging_category="")
    page = team.get(f"/admin/accounts/organisation/{school.pk}/change/")
    form = page.context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    before = clock.now()
    team.post(f"/admin/accounts/organisation/{school.pk}/change/", {**data, "charging_category": "education"})
    school = Organisation.objects.get(pk=school.pk)
    assert school.charging_category_set_by == cast.wendy()
    assert school.charging_category_set_at >= before
