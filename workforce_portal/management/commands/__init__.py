"""The portal's commands, one a module."""
