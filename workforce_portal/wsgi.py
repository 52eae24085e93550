"""The door that the web server opens."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workforce_portal.settings")

application = get_wsgi_application()

# All views are loaded before the server forks its workers, and what stays for good is not looked through for
# rubbish again and again: that was a twelfth of a booking's time, and unshared the workers' memory.
get_resolver().url_patterns  # noqa: B018 - the property loads them
gc.collect()
gc.freeze()
