"""Pages about places, registers and certificates, one audience a file."""
