"""Several things done at the same moment, for tests of what happens then."""

import threading

from django.db import connection, transaction


def at_once(*works):
    """Begin all of them together, each in a thread with a connection of its own; return what each gave or raised."""
    results, barrier = [None] * len(works), threading.Barrier(len(works))

    def run(position, work):
        barrier.wait()
        try:
            results[position] = work()
        except Exception as error:
            results[position] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def wait_until_it_waits_for_a_row(thread, wanted=1):
    """Return once so many of a thread's works stand before rows that are held; or it has ended without having to wait."""
    waiting = 0
    with connection.cursor() as cursor:
        while waiting < wanted and thread.is_alive():
            cursor.execute(
                "SELECT pg_stat_clear_snapshot(), COUNT(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            waiting = cursor.fetchone()[1]


def while_held(hold, *works):
    """Do the works while another has rows in hand and changes them; return what they gave once it was done."""
    results = []
    with transaction.atomic():
        hold()
        thread = threading.Thread(target=lambda: results.extend(at_once(*works)))
        thread.start()
        wait_until_it_waits_for_a_row(thread, len(works))
    thread.join()
    return results
