"""The homes of the portal, one an audience, and which of them a person has."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import Membership, Role, User
from bookings.models import OrderLine
from bookings.models.order import OrderState
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
        duties = duties_of(request)
        is_trainer = duties.is_trainer
        if duties.is_contact:
            wanted.append(("My organisation", "organisation_home", "/organisation/"))
        if is_trainer:
            wanted.append(("My training days", "trainer_home", "/trainer/"))
        if user.has_role(Role.WORKFORCE_TEAM):
            wanted.append(("Workforce team", "staff_day", "/staff/"))
        if user.has_role(Role.FINANCE):
            wanted.append(("Finance", "bookings:finance_desk", "/finance/"))
        if user.has_role(Role.FINANCE) and not user.has_role(Role.WORKFORCE_TEAM):
            wanted.append(("Charges", "bookings:staff_charge_list", "/staff/charges/"))
        if user.has_role(Role.OBSERVER) and not user.has_role(Role.LSCP_OFFICER):
            wanted.append(("Observations", "evaluation:observation_list", "/lscp/observations/"))
        if user.has_role(Role.LSCP_OFFICER, Role.SUBGROUP_MEMBER, Role.WORKFORCE_TEAM):
            wanted.append(("Evidence", "evaluation:evidence_desk", "/lscp/"))
    # The profile lies under /my/ and has its own place in the navigation: “Your account”.
    here = "" if request.path.startswith("/my/profile/") else request.path
    return [Home(name, reverse(url), here.startswith(prefix)) for name, url, prefix in wanted]


@dataclass(frozen=True)
class Duties:
    """What somebody does in the portal besides learning."""

    is_contact: bool = False
    is_trainer: bool = False
    places_in_basket: int = 0


def duties_of(request) -> Duties:
    """Return what the person of this request does: one question to the database, because every page asks."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Duties()
    if not hasattr(request, "duties"):
        contact = Membership.objects.as_contact().filter(practitioner__user=user)
        places = OrderLine.objects.in_basket().filter(
            order__state=OrderState.BASKET, order__contact__user=OuterRef("pk")
        )
        counted = places.order_by().values("order__contact__user").annotate(count=Count("pk")).values("count")
        facts = User.objects.filter(pk=user.pk).values_list(
            Exists(contact), Exists(Trainer.objects.of(user)), Coalesce(Subquery(counted), 0)
        )
        request.duties = Duties(*facts.get())
    return request.duties
