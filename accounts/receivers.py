"""What django-allauth tells by signal and by nothing else: the audit of signing in, and the confirmed address.

The only receivers of the portal. Connected when the app is ready.
"""

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.socialaccount import signals as social

from accounts import audit, clock
from accounts.actions import people

RECORDED = (
    (account.user_logged_in, "account.sign_in"),
    (account.password_set, "account.password_set"),
    (account.password_changed, "account.password_changed"),
    (account.password_reset, "account.password_reset"),
    (account.email_changed, "account.email_changed"),
    (mfa.authentication_failed, "account.second_factor_failed"),
    (mfa.authenticator_added, "account.second_factor_added"),
    (mfa.authenticator_removed, "account.second_factor_removed"),
    (mfa.authenticator_reset, "account.recovery_codes_renewed"),
    (social.social_account_added, "account.work_account_added"),
    (social.social_account_removed, "account.work_account_removed"),
)


def listen() -> None:
    for signal, verb in RECORDED:
        signal.connect(recorder(verb), weak=False, dispatch_uid=verb)
    account.email_confirmed.connect(note_confirmed_address, dispatch_uid="confirmed")


def recorder(verb: str):
    def record(sender, user=None, sociallogin=None, socialaccount=None, **kwargs):
        user = user or (sociallogin or socialaccount).user
        audit.record(by=user, verb=verb, subject=f"user:{user.pk}")

    return record


def note_confirmed_address(sender, email_address, **kwargs) -> None:
    people.confirm_address(user=email_address.user, email=email_address.email, now=clock.now())
