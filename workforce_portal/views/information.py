"""Pages that say something and ask nothing: accessibility, privacy, cookies, complaints, contact; and the theme."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control

from accounts.models import Partnership

BLACK, WHITE = 0, 255


def accessibility_statement(request):
    return render(request, "workforce_portal/public/accessibility_statement.html")


def privacy(request):
    return render(request, "workforce_portal/public/privacy.html")


def cookies(request):
    return render(request, "workforce_portal/public/cookies.html")


def complaint(request):
    return render(request, "workforce_portal/public/complaint.html")


def contact(request):
    return render(request, "workforce_portal/public/contact.html")


@cache_control(public=True, max_age=300)
def theme_css(request):
    """The partnership's colour, after the main sheet, with its shades for hovering and for quiet grounds."""
    primary = Partnership.objects.current().primary_colour
    shades = {
        "--portal-primary": primary,
        "--portal-primary-dark": mixed(primary, BLACK, 0.25),
        "--portal-primary-tint": mixed(primary, WHITE, 0.9),
    }
    rules = "".join(f"  {name}: {value};\n" for name, value in shades.items())
    return HttpResponse(f":root {{\n{rules}}}\n", content_type="text/css")


def mixed(colour: str, other: int, share: float) -> str:
    """A colour (#0b5563) with a share of black or white in it."""
    parts = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round(part * (1 - share) + other * share):02x}" for part in parts)


@cache_control(public=True, max_age=300)
def logo(request):
    """The partnership's logo. Only ever shown as a picture; the strict content policy keeps it from running anything."""
    svg = Partnership.objects.current().logo_svg
    if not svg:
        raise Http404
    return HttpResponse(svg, content_type="image/svg+xml")
