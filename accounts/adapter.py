"""django-allauth's adapter: letters go through the outbox, and a new account finds its person."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter


class PortalAccountAdapter(DefaultAccountAdapter):
    """What differs from allauth's own behaviour."""


class PortalSocialAccountAdapter(DefaultSocialAccountAdapter):
    """Sign-in with a work account."""
