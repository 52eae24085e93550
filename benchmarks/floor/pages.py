"""The floor's pages: one query, one template each; booking is a form, a locked count and insert, a confirmation."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from benchmarks.floor.models import Date, Place

ROWS = 25


def alive(request):
    return HttpResponse("ok")


def date_list(request):
    return render(request, "list.html", {"dates": Date.objects.order_by("starts_at")[:ROWS]})


def date_detail(request, pk):
    return render(request, "detail.html", {"date": get_object_or_404(Date, pk=pk)})


def place_list(request):
    places = Place.objects.select_related("date").order_by("-booked_at")
    if words := request.GET.get("q"):
        places = places.filter(person__icontains=words)
    return render(request, "places.html", {"places": places[:ROWS], "count": places.count()})


def book(request, pk):
    if request.method == "POST":
        with transaction.atomic():
            date = Date.objects.select_for_update().get(pk=pk)
            if date.taken >= date.capacity:
                return HttpResponse("full", status=409)
            place = Place.objects.create(date=date, person=request.session["person"], organisation="Somewhere")
            date.taken += 1
            date.save(update_fields=["taken"])
        return redirect("confirmation", pk=place.pk)
    return render(request, "book.html", {"date": get_object_or_404(Date, pk=pk), "person": request.session["person"]})


def confirmation(request, pk):
    place = get_object_or_404(Place.objects.select_related("date"), pk=pk, person=request.session["person"])
    return render(request, "confirmation.html", {"place": place})


urlpatterns = [
    path("healthz", alive),
    path("dates/", date_list),
    path("dates/<int:pk>/", date_detail),
    path("places/", place_list),
    path("dates/<int:pk>/book/", book),
    path("confirmation/<int:pk>/", confirmation, name="confirmation"),
]
