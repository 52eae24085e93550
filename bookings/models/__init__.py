"""Places and who waits for them, registers, certificates and charges; what is sold, invoiced and paid."""

from bookings.models.agency_share import AgencyShare
from bookings.models.approval import Approval
from bookings.models.attendance import Attendance
from bookings.models.booking import Booking, CancelReason
from bookings.models.certificate import Certificate, CertificateFile
from bookings.models.charge import ChargeNotice
from bookings.models.check_in import CheckInCode
from bookings.models.credit_note import CreditNote, CreditNoteLine, DocumentFile
from bookings.models.event_change import EventChange
from bookings.models.group_booking import GroupBooking
from bookings.models.invoice import DocumentSeries, Invoice, InvoiceLine
from bookings.models.knowledge_attempt import KnowledgeAttempt
from bookings.models.ledger import LedgerExport, LedgerImport, LedgerImportRow
from bookings.models.needs import BookingNeeds
from bookings.models.order import Order, OrderLine
from bookings.models.package import Package, PackageLedgerEntry
from bookings.models.payment import CardMessage, Payment, PaymentAllocation, Refund
from bookings.models.quote import Quote, QuoteLine
from bookings.models.self_paced import SelfPacedEnrolment
from bookings.models.training_record import TrainingRecordFile
from bookings.models.waiting_list import WaitingListEntry

__all__ = [
    "AgencyShare",
    "Approval",
    "Attendance",
    "Booking",
    "BookingNeeds",
    "CancelReason",
    "CardMessage",
    "Certificate",
    "CertificateFile",
    "ChargeNotice",
    "CheckInCode",
    "CreditNote",
    "CreditNoteLine",
    "DocumentFile",
    "DocumentSeries",
    "EventChange",
    "GroupBooking",
    "Invoice",
    "InvoiceLine",
    "KnowledgeAttempt",
    "LedgerExport",
    "LedgerImport",
    "LedgerImportRow",
    "Order",
    "OrderLine",
    "Package",
    "PackageLedgerEntry",
    "Payment",
    "PaymentAllocation",
    "Quote",
    "QuoteLine",
    "Refund",
    "SelfPacedEnrolment",
    "TrainingRecordFile",
    "WaitingListEntry",
]
