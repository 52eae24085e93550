"""The portal's own door, for a web server that a test starts: static files keep their plain names, as in all tests."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.STORAGES = {
    **settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
application = get_wsgi_application()
