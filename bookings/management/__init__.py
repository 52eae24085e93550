"""The commands of bookings."""
