"""Every role at every address, to A's things, B's and nobody's: who may, gets in; who may not, learns nothing."""

import pytest

from accounts.models import User
from tests.access.matrix import DRAFTS, MATRIX
from tests.access.people import ROLES, SIGNED_IN, arrive, person
from tests.access.visits import lacks, visits
from tests.test_architecture import our_urls

pytestmark = pytest.mark.django_db

OPEN = {200, 302, 409, 422}


def test_matrix_names_every_address_and_no_other():
    ours = set(our_urls())
    assert (sorted(ours - set(MATRIX)), sorted(set(MATRIX) - ours)) == ([], [])


@pytest.mark.parametrize("role", ROLES)
def test_doors_open_to_whom_the_matrix_names_and_to_nobody_else(client, town, role):
    arrive(client, role)
    is_signed_in = role in SIGNED_IN
    wrong, refusals = [], {}
    relations = ("A", "B", "absent") if is_signed_in else ("A", "absent")
    for door, visit in visits(client, town, MATRIX, relations=relations):
        if not is_signed_in and not door.is_public:
            is_right = visit.leads_to_sign_in
        elif door.opens_to(role, visit.relation):
            is_right = visit.status == 405 if visit.method not in door.methods else _let_in(visit)
        else:
            is_right = visit.status in (404, 405) and not visit.written
            said = (visit.status, visit.body)
            if refusals.setdefault((visit.name, visit.method), said) != said:
                wrong.append(f"{visit} tells others' things from nobody's")
        if not is_right:
            wrong.append(f"{visit}: {visit.status} {visit.written}")
        wrong += [f"{visit} lacks {missing}" for missing in lacks(visit, is_signed_in)]
    assert wrong == []


def _let_in(visit):
    """A portal without a logo, a worker and beat has nothing to show there, to nobody."""
    if visit.name == "logo":
        return visit.status == 404
    if visit.name == "bookings:card_webhook":
        return visit.status == 400 and not visit.written
    if visit.name == "readyz":
        return visit.status in (200, 503)
    return visit.status in OPEN and not visit.leads_to_sign_in


@pytest.mark.parametrize("role", ["anonymous", "practitioner A"])
def test_drafts_are_as_good_as_absent(client, town, role):
    arrive(client, role)
    answers = {}
    for _, visit in visits(client, town, DRAFTS):
        answers.setdefault((visit.name, visit.method), set()).add((visit.status, visit.body, bool(visit.written)))
    assert {key for key, said in answers.items() if len(said) > 1} == set()
    assert {status for said in answers.values() for status, _, _ in said} <= {302, 404, 405}


@pytest.mark.parametrize("role", ["anonymous", "practitioner A", "workforce team", "LSCP officer"])
def test_other_methods_change_nothing_and_break_nothing(client, town, role):
    arrive(client, role)
    wrong = []
    for door, visit in visits(client, town, MATRIX, ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"), relations=("A",)):
        is_noted = door.is_noted and visit.method == "HEAD"
        if (visit.status >= 500 and visit.name != "readyz") or (visit.written and not is_noted):
            wrong.append(f"{visit}: {visit.status} {visit.written}")
    assert wrong == []


@pytest.mark.parametrize("path", ["/staff/", "/staff/bookings/", "/my/", "/admin/", "/staff/courses/"])
def test_suspension_and_a_lost_duty_hold_from_the_next_request(client, path):
    user = person("workforce team")
    client.force_login(user)
    assert client.get(path).status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(path).status_code == 302
    User.objects.filter(pk=user.pk).update(is_active=True, roles=[])
    assert client.get(path).status_code == (200 if path == "/my/" else 302 if path == "/admin/" else 404)
