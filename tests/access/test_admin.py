"""The administration site: closed to everybody but its two roles, table by table, verb by verb."""

import pytest
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from accounts.models import AuditEntry
from tests.access.matrix import ADMIN_EDITS, ADMIN_LOOKS, ADMIN_OWNERS_LOOK
from tests.access.people import SIGNED_IN, STRANGERS, arrive
from tests.access.town import NOBODYS_ID
from tests.access.visits import Visit, lacks

pytestmark = pytest.mark.django_db

TEAM, OWNER = "workforce team", "system owner"
OTHERS = [role for role in (*STRANGERS, *SIGNED_IN) if role not in (TEAM, OWNER)]
LISTS = ("changelist", "add", "import", "process_import", "export")
ROWS = ("change", "delete", "history")
AUTOCOMPLETE = "/admin/autocomplete/?app_label=accounts&model_name=organisation&field_name=parent&term="


def tables():
    return {model._meta.label_lower: model for model in admin.site._registry}


def addresses():
    """Every page of every table: for a row that is there, and for one that is not."""
    for label, model in tables().items():
        for verb in LISTS + ROWS:
            name = f"admin:{label.replace('.', '_')}_{verb}"
            row = model.objects.order_by("pk").first()
            for pk in (row.pk if row else NOBODYS_ID, NOBODYS_ID) if verb in ROWS else (None,):
                try:
                    yield label, verb, name, reverse(name, args=[pk] if pk else [])
                except NoReverseMatch:
                    continue  # not every table can be imported and exported


def test_matrix_names_every_table_and_no_other():
    assert set(tables()) == ADMIN_EDITS | ADMIN_LOOKS | ADMIN_OWNERS_LOOK


@pytest.mark.parametrize("role", OTHERS)
def test_administration_is_closed_to_everybody_else(client, role):
    arrive(client, role)
    wrong = []
    paths = [path for *_, path in addresses()] + ["/admin/", AUTOCOMPLETE, "/admin/accounts/", "/admin/jsi18n/"]
    for path in dict.fromkeys(paths):
        visit = Visit(client, "POST", path)
        if visit.status != 302 or not visit.answer.url.startswith("/admin/login/?next=") or visit.written:
            wrong.append(f"{visit}: {visit.status}")
        wrong += [f"{visit} lacks {missing}" for missing in lacks(visit, role in SIGNED_IN)]
    entered = client.get("/admin/login/")
    assert (wrong, entered.status_code) == ([], 403 if role in SIGNED_IN else 302)


@pytest.mark.parametrize("role", [TEAM, OWNER])
def test_administration_opens_each_table_as_far_as_the_matrix_says(client, town, role):
    AuditEntry.objects.create(verb="test", subject="test:1", at="2026-11-21T10:00Z")
    arrive(client, role)
    wrong = []
    for label, verb, _, path in addresses():
        looking = label in ADMIN_LOOKS or (label in ADMIN_OWNERS_LOOK and role == OWNER)
        for method in ("GET", "POST"):
            visit = Visit(client, method, path)
            may = label in ADMIN_EDITS or (looking and verb in ("changelist", "change", "history", "export"))
            # Rows that are absent lead back to the list. What is published, or only looked at, takes no change.
            open_statuses = {200, 302, 405} | ({403} if method == "POST" or verb in ("add", "delete") else set())
            is_absent = str(NOBODYS_ID) in path
            is_right = visit.status in (open_statuses if may else {403, 302} if is_absent else {403})
            is_right &= not visit.written or (may and (not looking or verb == "export"))
            if not is_right:
                wrong.append(f"{visit} of {label}: {visit.status} {visit.written}")
    assert "\n".join(wrong) == ""
    assert client.get(AUTOCOMPLETE).status_code == 200
