"""Pages about the catalogue and its dates, one audience a file."""
