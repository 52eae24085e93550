"""The training record as a document: ask for one, hand it to one worker, keep it, erase it after a day."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.models import Practitioner
from accounts.wake import wake
from bookings.models import TrainingRecordFile


@transaction.atomic
def ask_for_file(*, practitioner: Practitioner, now: datetime) -> TrainingRecordFile:
    """Have somebody's record printed as it stands now. While one is being made, asking again changes nothing."""
    file, is_new = TrainingRecordFile.objects.select_for_update().get_or_create(
        practitioner=practitioner, defaults={"requested_at": now}
    )
    if not is_new and (file.made_at or file.is_given_up(now)):
        file.requested_at, file.claimed_at, file.attempts, file.made_at, file.content = now, None, 0, None, None
        file.save(update_fields=["requested_at", "claimed_at", "attempts", "made_at", "content"])
    wake("bookings.print_training_record", file_id=file.pk)
    return file


@transaction.atomic
def claim(*, file_id: int, now: datetime) -> TrainingRecordFile | None:
    """Take a file in hand for making; None when it is made, gone or in another worker's hands."""
    if not TrainingRecordFile.objects.owed(now).filter(pk=file_id).update(claimed_at=now, attempts=F("attempts") + 1):
        return None
    return TrainingRecordFile.objects.select_related("practitioner__user").get(pk=file_id)


@transaction.atomic
def keep(*, file: TrainingRecordFile, content: bytes, now: datetime) -> bool:
    """Keep the made file, unless its claim lapsed and another worker has it; tell whether it was kept."""
    mine = TrainingRecordFile.objects.filter(pk=file.pk, claimed_at=file.claimed_at, made_at__isnull=True)
    return bool(mine.update(made_at=now, content=content))


@transaction.atomic
def put_back(*, file: TrainingRecordFile) -> None:
    """Give a file that could not be made back at once, to be tried again a few times."""
    TrainingRecordFile.objects.filter(pk=file.pk, claimed_at=file.claimed_at, made_at__isnull=True).update(
        claimed_at=None
    )


@transaction.atomic
def erase_expired(*, now: datetime) -> int:
    """Erase the copies that have been kept for a day; return how many."""
    return TrainingRecordFile.objects.expired(now).delete()[0]


def owed_ids(*, now: datetime) -> Iterable[int]:
    """Return the files longest waited for."""
    return TrainingRecordFile.objects.owed(now).order_by("requested_at").values_list("pk", flat=True)
