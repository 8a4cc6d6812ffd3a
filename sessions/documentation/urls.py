from django.urls import path

from sessions.documentation import views

urlpatterns = [
    path("docs", views.docs, name="docs"),
    path("docs.txt", views.whole, name="docs-text"),
    path("docs/<slug:name>", views.article, name="docs-article"),
]
