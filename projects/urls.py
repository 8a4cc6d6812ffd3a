from django.urls import path

from projects import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/link/<uidb64>/<token>", views.sign_in_link, name="sign-in-link"),
]
