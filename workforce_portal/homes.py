"""The homes of the portal, one an audience, and which of them a person has."""

from dataclasses import dataclass

from django.db.models import Exists
from django.urls import reverse

from accounts.models import Membership, Role, User
from courses.models import Trainer


@dataclass(frozen=True)
class Home:
    """One entry of the main navigation; it is current on its own pages."""

    name: str
    url: str
    is_current: bool


def homes_of(request) -> list[Home]:
    """Return the homes in the order of the navigation; strangers have the catalogue alone."""
    user = getattr(request, "user", None)
    wanted = [("Courses", "course_list", ("/courses/", "/dates/"))]
    if user is not None and user.is_authenticated:
        wanted.append(("My learning", "my_learning", "/my/"))
        is_contact, is_trainer = _duties_of(user)
        if is_contact:
            wanted.append(("My organisation", "organisation_home", "/organisation/"))
        if is_trainer:
            wanted.append(("My training days", "trainer_home", "/trainer/"))
        if user.has_role(Role.WORKFORCE_TEAM):
            wanted.append(("Workforce team", "staff_day", "/staff/"))
        elif user.has_role(Role.FINANCE):
            wanted.append(("Charges", "bookings:staff_charge_list", "/staff/charges/"))
        if user.has_role(Role.LSCP_OFFICER, Role.SUBGROUP_MEMBER, Role.WORKFORCE_TEAM):
            wanted.append(("Quality reports", "evaluation:report_list", "/lscp/"))
    # The profile lies under /my/ and has its own place in the navigation: “Your account”.
    here = "" if request.path.startswith("/my/profile/") else request.path
    return [Home(name, reverse(url), here.startswith(prefix)) for name, url, prefix in wanted]


def _duties_of(user) -> tuple[bool, bool]:
    """Whether this person speaks for an organisation, and whether they train: one question, because every page asks."""
    contact = Membership.objects.as_contact().filter(practitioner__user=user)
    return User.objects.filter(pk=user.pk).values_list(Exists(contact), Exists(Trainer.objects.of(user))).get()
