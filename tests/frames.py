"""A transaction around a part of a test, in which the portal may begin durable ones of its own."""

from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone():
    """Whatever is written within is taken back, whatever the block ends with."""
    frame = transaction.atomic()
    # As the frame of any test, so that durable transactions may begin inside.
    frame._from_testcase = True
    with frame:
        try:
            yield
        finally:
            transaction.set_rollback(True)
