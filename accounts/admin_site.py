"""The administration site: signed in to through the portal's own pages, second factor and all; only our own tables."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.utils.decorators import method_decorator

HTTPS_WHERE_NOTHING_IS_SAID = {models.URLField: {"assume_scheme": "https"}}
OUR_APPS = {"accounts", "courses", "bookings", "evaluation"}


class PortalAdminSite(admin.AdminSite):
    site_header = "Reference data"
    site_title = "Reference data"
    index_title = "What the portal knows"
    site_url = "/staff/"
    enable_nav_sidebar = True

    def get_urls(self):
        """Without Django's way from any row of any table to its page: our rows have none, and some tables are closed."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    @method_decorator(secure_admin_login)
    def login(self, request, extra_context=None):
        return super().login(request, extra_context)

    def register(self, model_or_iterable, admin_class=None, **options):
        """Libraries offer tables with secrets (second factors, tokens, sessions): they stay closed."""
        offered = model_or_iterable if isinstance(model_or_iterable, (list, tuple, set)) else [model_or_iterable]
        ours = [model for model in offered if model._meta.app_label in OUR_APPS]
        super().register(ours, admin_class, **options)


class PortalModelAdmin(admin.ModelAdmin):
    """What every page of reference data begins with."""

    formfield_overrides = HTTPS_WHERE_NOTHING_IS_SAID

    def get_object(self, request, object_id, from_field=None):
        """An empty `_to_field` is none: Django looks for a field without a name and ends on the error page."""
        return super().get_object(request, object_id, from_field or None)


class NumberedChoices(AutocompleteSelect):
    """A choice that is searched for. What is no number was never offered, and is not looked up to be shown again."""

    def optgroups(self, name, value, attrs=None):
        return super().optgroups(name, [one for one in value if str(one).isdecimal()], attrs)


class SearchedChoices:
    """For an admin class with `autocomplete_fields`: odd input gets the form's own sentence, not an error page."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", NumberedChoices(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
