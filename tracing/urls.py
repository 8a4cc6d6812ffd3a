from django.urls import path

from tracing import files, layout, metering, price_pages, views

urlpatterns = [
    path("project/<int:project_id>/layout/<str:page>", layout.layout, name="layout"),
    path("project/<int:project_id>/traces", views.traces, name="traces"),
    path("project/<int:project_id>/traces/<path:trace_id>", views.trace, name="trace"),
    path("project/<int:project_id>/texts/<path:trace_id>", views.text, name="text"),
    path("project/<int:project_id>/media/<str:media_id>", files.media, name="media"),
    path("project/<int:project_id>/settings/usage", metering.project_usage, name="project-usage"),
    path("project/<int:project_id>/settings/prices", price_pages.prices, name="project-prices"),
    path(
        "project/<int:project_id>/settings/prices/<str:price_id>/delete",
        price_pages.delete_price,
        name="project-price-delete",
    ),
    path("organization/<int:organization_id>/usage", metering.organization_usage, name="organization-usage"),
    path("project/<int:project_id>/issues", views.issues, name="issues"),
]
