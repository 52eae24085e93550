"""The commands of bookings, one a module."""
