from django.urls import path

from tracing.views import files, issues, layout, prices, traces, usage

urlpatterns = [
    path("project/<int:project_id>/layout/<str:page>", layout.layout, name="layout"),
    path("project/<int:project_id>/traces/<path:trace_id>", traces.trace, name="trace"),
    path("project/<int:project_id>/texts/<path:trace_id>", traces.text, name="text"),
    path("project/<int:project_id>/media/<str:media_id>", files.media, name="media"),
    path("project/<int:project_id>/settings/usage", usage.project_usage, name="project-usage"),
    path("project/<int:project_id>/settings/prices", prices.prices, name="project-prices"),
    path("project/<int:project_id>/settings/prices/reprice", prices.reprice, name="project-reprice"),
    path(
        "project/<int:project_id>/settings/prices/<str:price_id>/delete",
        prices.delete_price,
        name="project-price-delete",
    ),
    path("organization/<int:organization_id>/usage", usage.organization_usage, name="organization-usage"),
    path("project/<int:project_id>/issues", issues.issues, name="issues"),
    path("project/<int:project_id>/issues/count", issues.issues_count, name="issues-count"),
]
