"""Verbs about people and organisations."""
