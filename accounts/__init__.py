"""People, organisations and roles; the record of what was done and what was said."""
