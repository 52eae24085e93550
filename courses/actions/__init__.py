"""Verbs about the catalogue and its dates."""
