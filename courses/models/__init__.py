"""The catalogue, its terms, its dates and who delivers them."""

from courses.models.course import (
    AudienceGroup,
    Course,
    CourseText,
    CourseVersion,
    DeliveryMode,
    LearningFormat,
    LearningOutcome,
)
from courses.models.discount import DiscountRule
from courses.models.enquiry import Enquiry
from courses.models.event import Event
from courses.models.knowledge_check import KnowledgeCheck, KnowledgeQuestion
from courses.models.offer import USUAL_APPROVAL, ApprovalMode, Offer, Strand
from courses.models.price import ChargingPolicy, Price, PriceBand
from courses.models.quota import SectorQuota
from courses.models.session import Session
from courses.models.trainer import Trainer, TrainerAssignment
from courses.models.vat import VatRate, VatTreatment
from courses.models.venue import Venue

__all__ = [
    "USUAL_APPROVAL",
    "ApprovalMode",
    "AudienceGroup",
    "ChargingPolicy",
    "Course",
    "CourseText",
    "CourseVersion",
    "DeliveryMode",
    "DiscountRule",
    "Enquiry",
    "Event",
    "KnowledgeCheck",
    "KnowledgeQuestion",
    "LearningFormat",
    "LearningOutcome",
    "Offer",
    "Price",
    "PriceBand",
    "SectorQuota",
    "Session",
    "Strand",
    "Trainer",
    "TrainerAssignment",
    "VatRate",
    "VatTreatment",
    "Venue",
]
