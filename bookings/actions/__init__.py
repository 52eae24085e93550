"""Verbs about places, registers and certificates."""
