"""Pages that show more than one app, and those that belong to none."""
