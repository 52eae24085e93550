"""Who a person is, and which duties an account holds."""

import pytest

from accounts.actions import people
from accounts.models import AuditEntry, OutboundEmail, Practitioner, Role, User
from bookings.models.booking import State
from tests import cast
from tests.makers import NOW, make_booking, make_event

pytestmark = pytest.mark.django_db


def new_account(email="nadia@example.org"):
    user = User.objects.create_user(email)
    people.register(
        user=user, full_name="Nadia Iqbal", job_role="Teacher", organisation=cast.make_organisation(), now=NOW
    )
    return user


def earlier_record(**fields):
    return Practitioner.objects.create(**{"full_name": "N Iqbal", "email": "nadia@example.org", **fields})


def test_confirm_address_gives_the_person_what_they_did_before():
    earlier = earlier_record(job_role="Teaching assistant")
    cast.join(earlier, cast.police())
    booking = make_booking(make_event(), earlier, state=State.ATTENDED)
    user = new_account()
    assert people.confirm_address(user=user, email=user.email, now=NOW) == earlier
    booking.refresh_from_db()
    assert booking.practitioner.user == user
    assert (booking.practitioner.full_name, booking.practitioner.job_role) == ("Nadia Iqbal", "Teacher")
    assert sorted(each.organisation.name for each in booking.practitioner.memberships.all()) == [
        "Beckside Primary School",
        "Northern Ridings Police",
    ]
    assert AuditEntry.objects.get(verb="person.link").subject == f"practitioner:{earlier.pk}"


@pytest.mark.parametrize(
    "fields",
    [{"email_owner": "MANAGER"}, {"email": "nadia.other@example.org"}, {"anonymised_at": NOW}],
)
def test_confirm_address_leaves_other_people_alone(fields):
    other = earlier_record(**fields)
    user = new_account()
    people.confirm_address(user=user, email=user.email, now=NOW)
    other.refresh_from_db()
    assert (other.user, user.practitioner.full_name) == (None, "Nadia Iqbal")


def test_confirm_address_of_an_account_in_use_takes_over_nobody():
    earlier = earlier_record(email="second@example.org")
    user = new_account()
    user.last_login = NOW
    user.save(update_fields=["last_login"])
    people.confirm_address(user=user, email="second@example.org", now=NOW)
    earlier.refresh_from_db()
    user.practitioner.refresh_from_db()
    assert (earlier.user, user.practitioner.email) == (None, "second@example.org")


def test_confirm_address_keeps_both_when_somebody_booked_for_the_new_record():
    earlier = earlier_record()
    user = new_account()
    make_booking(make_event(), user)
    OutboundEmail.objects.all().delete()
    assert people.confirm_address(user=user, email=user.email, now=NOW) == user.practitioner
    earlier.refresh_from_db()
    assert earlier.user is None
    assert user.practitioner.memberships.count() == 1


def test_confirm_address_copes_with_an_account_without_a_person():
    owner = User.objects.create_superuser("root@example.org", "three quiet herons")
    assert people.confirm_address(user=owner, email=owner.email, now=NOW) is None


def test_amend_profile_records_what_changed_and_no_values():
    amina = cast.amina()
    people.amend_profile(
        practitioner=amina.practitioner, values={"full_name": "Amina Yusuf-Khan", "phone": ""}, by=amina, now=NOW
    )
    amina.practitioner.refresh_from_db()
    assert amina.practitioner.full_name == "Amina Yusuf-Khan"
    assert AuditEntry.objects.get(verb="person.amend").detail == {"fields": ["full_name"]}


def owner():
    return cast.make_person("Olu Owner", roles=[Role.SYSTEM_OWNER])


def test_grant_roles_records_before_and_after_with_the_reason():
    lou = cast.lou()
    people.grant_roles(user=lou, roles=[Role.LSCP_OFFICER, Role.OBSERVER], by=owner(), now=NOW, reason="Asked by Wendy")
    lou.refresh_from_db()
    assert lou.roles == ["LSCP_OFFICER", "OBSERVER"]
    assert AuditEntry.objects.get(verb="role.change").detail == {
        "before": ["LSCP_OFFICER"],
        "after": ["LSCP_OFFICER", "OBSERVER"],
        "reason": "Asked by Wendy",
    }


@pytest.mark.parametrize(("by", "whom"), [(cast.wendy, cast.lou), (cast.amina, cast.amina), (owner, owner)])
def test_grant_roles_refuses_everybody_else_and_oneself(by, whom):
    before = whom().roles
    with pytest.raises(people.CannotGrantRoles):
        people.grant_roles(user=whom(), roles=[Role.SYSTEM_OWNER, Role.FINANCE], by=by(), now=NOW, reason="x")
    assert User.objects.get(pk=whom().pk).roles == before
    assert not AuditEntry.objects.filter(verb="role.change").exists()
