"""Who may come through which door: sign-in back end, administration rights by role, and gates for views."""

from functools import wraps

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404

from accounts.models import Role, User

# Reference data that the workforce team edits on the administration site. Everything with a life
# cycle has pages of its own and is read-only there.
REFERENCE_DATA = {
    "accounts.cluster",
    "accounts.organisation",
    "accounts.partnership",
    "courses.chargingpolicy",
    "courses.course",
    "courses.coursetext",
    "courses.courseversion",
    "courses.discountrule",
    "courses.knowledgecheck",
    "courses.knowledgequestion",
    "courses.learningoutcome",
    "courses.offer",
    "courses.price",
    "courses.priceband",
    "courses.trainer",
    "courses.vatrate",
    "courses.venue",
    "evaluation.evaluationprofile",
    "evaluation.question",
    "evaluation.questionnaire",
}
READ_ONLY_DATA = {
    "accounts.membership",
    "accounts.practitioner",
    "bookings.attendance",
    "bookings.booking",
    "bookings.certificate",
    "courses.event",
    "courses.session",
    "courses.trainerassignment",
}
# Who was told what and who did what: for those who answer for the system.
OWNER_DATA = {"accounts.auditentry", "accounts.outboundemail"}
EDITING = {"add", "change", "delete", "view", "import", "export"}
LOOKING = {"view", "export"}


class PortalBackend(AuthenticationBackend):
    """Signs in by email address; grants administration rights by role instead of by stored permission rows."""

    def get_user(self, user_id):
        """Fetch the account together with the person, because every page greets them by name."""
        user = User.objects.select_related("practitioner").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def has_perm(self, user_obj, perm, obj=None):
        if not user_obj.is_active:
            return False
        app, _, codename = perm.partition(".")
        verb, _, model = codename.partition("_")
        label = f"{app}.{model}"
        if not user_obj.has_role(Role.WORKFORCE_TEAM, Role.SYSTEM_OWNER):
            return False
        if label in OWNER_DATA:
            return verb == "view" and user_obj.has_role(Role.SYSTEM_OWNER)
        return (label in REFERENCE_DATA and verb in EDITING) or (label in READ_ONLY_DATA and verb in LOOKING)

    def has_module_perms(self, user_obj, app_label):
        return user_obj.has_role(Role.WORKFORCE_TEAM, Role.SYSTEM_OWNER) and any(
            label.startswith(f"{app_label}.") for label in REFERENCE_DATA | READ_ONLY_DATA
        )


def role_required(*roles: Role):
    """Gate a view: strangers are sent to sign in; people without the role see “page not found”."""

    def gate(view):
        @wraps(view)
        @login_required
        def gated(request, *args, **kwargs):
            if not request.user.has_role(*roles):
                raise Http404
            return view(request, *args, **kwargs)

        return gated

    return gate


def local_only(view):
    """Gate a view that must never exist in production: there it is “page not found”."""

    @wraps(view)
    def gated(request, *args, **kwargs):
        if not settings.PORTAL_LOCAL:
            raise Http404
        return view(request, *args, **kwargs)

    return gated


questionnaire_editor_required = role_required(Role.WORKFORCE_TEAM, Role.LSCP_OFFICER)
staff_required = role_required(Role.WORKFORCE_TEAM)
lscp_required = role_required(Role.LSCP_OFFICER, Role.SUBGROUP_MEMBER, Role.WORKFORCE_TEAM)
