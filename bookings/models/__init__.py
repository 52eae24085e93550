"""Places, registers and certificates."""

from bookings.models.attendance import Attendance
from bookings.models.booking import Booking
from bookings.models.certificate import Certificate, CertificateFile
from bookings.models.needs import BookingNeeds
from bookings.models.training_record import TrainingRecordFile

__all__ = ["Attendance", "Booking", "BookingNeeds", "Certificate", "CertificateFile", "TrainingRecordFile"]
