"""Pages about people and organisations, one audience a file."""
