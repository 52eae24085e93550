"""Previews of imports: the file is put aside until the person who saw what it would change confirms exactly that."""

from datetime import timedelta

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.crypto import get_random_string

from accounts import clock
from accounts.models import User

FOLDER = "imports"
PREVIEW_LASTS = timedelta(days=1)
SALT = "accounts.spreadsheets.preview"


class PreviewLapsed(Exception):
    """The confirmation does not belong to a preview that still holds; the words say why."""


def keep(*, content: bytes, kind: str, by: User, **shown: object) -> str:
    """Put the file aside, and give the ticket that fetches it; `shown` is what the preview said, to be compared."""
    forget_old()
    name = default_storage.save(f"{FOLDER}/{get_random_string(32)}", ContentFile(content))
    return signing.dumps({"file": name, "user": by.pk, "kind": kind, **shown}, salt=SALT, compress=True)


def fetch(*, signed: str, kind: str, by: User) -> tuple[dict, bytes]:
    """Return what the ticket says and the file it stands for. Raises PreviewLapsed."""
    try:
        ticket = signing.loads(signed, salt=SALT, max_age=PREVIEW_LASTS)
    except signing.BadSignature:
        raise PreviewLapsed("The preview is too old. Upload the file again.") from None
    if (ticket["user"], ticket["kind"]) != (by.pk, kind):
        raise PreviewLapsed("Somebody else saw this preview. Upload the file yourself to see what it would change.")
    try:
        with default_storage.open(ticket["file"]) as file:
            return ticket, file.read()
    except FileNotFoundError:
        raise PreviewLapsed("This file was imported already, or its preview is too old. Upload it again.") from None


def forget(ticket: dict) -> None:
    default_storage.delete(ticket["file"])


def forget_old() -> None:
    """Files that nobody confirmed hold people's data and go after a day."""
    if not default_storage.exists(FOLDER):
        return
    oldest = clock.now() - clock.offset() - PREVIEW_LASTS  # files carry the real time
    for name in default_storage.listdir(FOLDER)[1]:
        path = f"{FOLDER}/{name}"
        if default_storage.get_modified_time(path) < oldest:
            default_storage.delete(path)
