"""The accounts app's commands."""
