"""The floor: a bare Django project that does the same work with nothing else, to compare with."""
