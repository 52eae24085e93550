"""Settings of the floor: sessions, CSRF, one database, cached templates; nothing more."""

import os
from pathlib import Path

from environs import Env

SECRET_KEY = "the floor keeps no secrets"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.floor.pages"
WSGI_APPLICATION = "benchmarks.floor.wsgi.application"
INSTALLED_APPS = ["django.contrib.sessions", "benchmarks.floor"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.csrf"]},
    }
]
DATABASES = {"default": Env().dj_db_url("FLOOR_DATABASE_URL") | {"CONN_MAX_AGE": 60}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
USE_TZ = True
TIME_ZONE = "Europe/London"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.floor.settings")
