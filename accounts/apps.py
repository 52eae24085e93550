"""The accounts app's entry in Django's registry, and the administration site's."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
    default = True

    def ready(self):
        # Here, because the libraries' models must be there first.
        from accounts import receivers

        receivers.listen()


class PortalAdminConfig(admin_apps.AdminConfig):
    """Named in INSTALLED_APPS in place of Django's own."""

    default = False
    default_site = "accounts.admin_site.PortalAdminSite"
