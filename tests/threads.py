"""Several things done at the same moment, for tests of what happens then."""

import threading

from django.db import connection


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
