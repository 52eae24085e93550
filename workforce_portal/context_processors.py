"""What every page needs to know: the partnership, and the homes of whoever is signed in."""

from django.utils.functional import SimpleLazyObject

from accounts.models import Partnership
from workforce_portal.homes import duties_of, homes_of


def site(request):
    """Lazy, so that a page which shows neither asks the database nothing."""
    return {
        "partnership": SimpleLazyObject(lambda: Partnership.objects.current()),
        "duties": SimpleLazyObject(lambda: duties_of(request)),
        "homes": SimpleLazyObject(lambda: homes_of(request)),
    }
