"""The administration site: signed in to through the portal's own pages, second factor and all; only our own tables."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.utils.decorators import method_decorator

OUR_APPS = {"accounts", "courses", "bookings", "evaluation"}


class PortalAdminSite(admin.AdminSite):
    site_header = "Reference data"
    site_title = "Reference data"
    index_title = "What the portal knows"
    site_url = "/staff/"
    enable_nav_sidebar = True

    @method_decorator(secure_admin_login)
    def login(self, request, extra_context=None):
        return super().login(request, extra_context)

    def register(self, model_or_iterable, admin_class=None, **options):
        """Libraries offer tables with secrets (second factors, tokens, sessions): they stay closed."""
        models = model_or_iterable if isinstance(model_or_iterable, (list, tuple, set)) else [model_or_iterable]
        ours = [model for model in models if model._meta.app_label in OUR_APPS]
        super().register(ours, admin_class, **options)
