"""Routes that belong to no tenant."""

from django.urls import path

from projects import views

urlpatterns = [
    path("assets/<str:kind>/<str:names>", views.bundle, name="bundle"),
    path("", views.home, name="home"),
]
