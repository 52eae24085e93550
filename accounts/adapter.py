"""django-allauth's adapters: letters go through the outbox, failures are recorded, work accounts trusted by domain."""

import time

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives

from accounts import audit, clock
from accounts.correspondence import queue_account_letter
from accounts.models import Practitioner, User

# The part before the @ of addresses that whole offices read. A person's record needs an address of their own.
SHARED_NAMES = {"admin", "contact", "enquiries", "info", "office", "reception", "schooloffice"}


class PortalAccountAdapter(DefaultAccountAdapter):
    """What differs from allauth's own behaviour."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The email address or the password is not right. Check both and try again.",
        "too_many_login_attempts": "There were too many tries. Wait five minutes, or choose a new password.",
        "incorrect_password": "The password is not right. Try again.",
    }

    def clean_email(self, email):
        if email.partition("@")[0].lower() in SHARED_NAMES:
            raise ValidationError(
                "Several people seem to read this address. Use your own, so that your records stay yours."
            )
        return email

    def send_mail(self, template_prefix, email, context):
        """Into the outbox: it leaves as soon as the mail server takes it, even if that is down just now."""
        user = context.get("user")
        message = self.render_mail(template_prefix, email, {"email": email, "request": self.request, **context})
        alternatives = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
        queue_account_letter(
            letter=template_prefix,
            to=email,
            subject=message.subject,
            text=message.body.strip() + "\n",
            html=alternatives[0].content if alternatives else "",
            practitioner=Practitioner.objects.filter(user=user).first() if user else None,
            now=clock.now(),
        )

    def is_safe_url(self, url):
        """An address that cannot even be read is not one of ours."""
        try:
            return super().is_safe_url(url)
        except ValueError:
            return False

    def is_reauthentication_required(self, *, app, **kwargs):
        """Who has just signed in sets up the second step without giving the password twice."""
        if app == "allauth.mfa" and has_just_signed_in(self.request):
            return False
        return super().is_reauthentication_required(app=app, **kwargs)

    def authentication_failed(self, request, **credentials):
        email = credentials.get("email") or ""
        user = User.objects.filter(email__iexact=email).first()
        subject = f"user:{user.pk}" if user else "user:unknown"
        audit.record(by=None, verb="account.sign_in_failed", subject=subject)


def has_just_signed_in(request) -> bool:
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


class PortalSocialAccountAdapter(DefaultSocialAccountAdapter):
    """Sign-in with a work account.

    An address is believed, and leads to the account that has it, only in the domains that the settings
    trust the identity provider with. With any other the person confirms by letter, or signs in first.
    """

    def is_email_verified(self, provider, email):
        return in_trusted_domain(email)

    def can_authenticate_by_email(self, login, email):
        return in_trusted_domain(email)


class PortalMFAAdapter(DefaultMFAAdapter):
    """The second step."""

    def generate_authenticator_name(self, user, type):
        """What a new security key is called until its owner calls it something better."""
        return f"Key {user.authenticator_set.filter(type=type).count() + 1}"


def in_trusted_domain(email: str) -> bool:
    return email.rpartition("@")[2].lower() in settings.OIDC_TRUSTED_DOMAINS
