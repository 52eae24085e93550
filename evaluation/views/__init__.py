"""Pages about questionnaires and reports, one audience a file."""
