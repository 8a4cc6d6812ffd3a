from django.urls import path

from projects import assets, views

urlpatterns = [
    path("assets/<str:kind>/<str:names>", assets.bundle, name="bundle"),
    path("", views.home, name="home"),
    path("sign-in/link/<uidb64>/<token>", views.sign_in_link, name="sign-in-link"),
]
