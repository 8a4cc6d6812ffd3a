from django.urls import path

from sessions.alerts.views import alerts as alert_pages
from sessions.alerts.views import channels as channel_pages
from sessions.boards.views import boards as board_pages
from sessions.boards.views import tiles as tile_pages
from sessions.bulk import views as bulk_pages
from sessions.cohorts.views import cohorts as cohort_pages
from sessions.cohorts.views import comparison as cohort_views
from sessions.dashboard.views import dashboard, dashboard_file
from sessions.deletion import views as deletion_pages
from sessions.demo.views import setup_demo
from sessions.export.views import downloads as export_pages
from sessions.export.views import files
from sessions.inbox import account as inbox_account
from sessions.inbox import views as inbox_pages
from sessions.listing.views import saved_views as view_pages
from sessions.listing.views import scan as search_pages
from sessions.listing.views import suggestions as query_pages
from sessions.listing.views.summary import strip_page
from sessions.replay.views import session as replay
from sessions.replay.views import state as replay_state
from sessions.translation.views import turns as translation_pages
from sessions.users import views as user_pages
from sessions.views import onboarding, palette, providers, session_list, trace_list
from sessions.views.styleguide import styleguide

urlpatterns = [
    path("account/notices", inbox_account.notices, name="account-notices"),
    path("unsubscribe/<str:token>", inbox_account.unsubscribe, name="unsubscribe"),
    path("styleguide", styleguide, name="styleguide"),
    path("project/<int:project_id>", session_list.home, name="project"),
    path("project/<int:project_id>/setup", onboarding.setup, name="setup"),
    path("project/<int:project_id>/setup/key", onboarding.new_key, name="new-key"),
    path("project/<int:project_id>/setup/test", onboarding.send_test_trace, name="setup-test"),
    path("project/<int:project_id>/setup/demo", setup_demo, name="setup-demo"),
    path("project/<int:project_id>/sessions", session_list.sessions, name="sessions"),
    path("project/<int:project_id>/traces", trace_list.traces, name="traces"),
    path("project/<int:project_id>/strip", strip_page, name="strip"),
    path("project/<int:project_id>/dashboard", dashboard, name="dashboard"),
    path("project/<int:project_id>/dashboard.<str:form>", dashboard_file, name="dashboard-file"),
    path("project/<int:project_id>/users", user_pages.users, name="users"),
    path("project/<int:project_id>/user", user_pages.user, name="user"),
    path("project/<int:project_id>/boards", board_pages.boards, name="boards"),
    path("project/<int:project_id>/boards/new", board_pages.new_board, name="board-new"),
    path("project/<int:project_id>/boards/<uuid:board_id>", board_pages.board, name="board"),
    path("project/<int:project_id>/boards/<uuid:board_id>/change", board_pages.change_board, name="board-change"),
    path("project/<int:project_id>/boards/<uuid:board_id>/delete", board_pages.delete_board, name="board-delete"),
    path("project/<int:project_id>/boards/<uuid:board_id>/preview", tile_pages.preview, name="board-preview"),
    path("project/<int:project_id>/boards/<uuid:board_id>/tiles", tile_pages.save_tile, name="tile-save"),
    path("project/<int:project_id>/boards/<uuid:board_id>/tiles/<uuid:tile_id>", tile_pages.tile, name="tile"),
    path(
        "project/<int:project_id>/boards/<uuid:board_id>/tiles/<uuid:tile_id>.<str:form>",
        tile_pages.tile_file,
        name="tile-file",
    ),
    path(
        "project/<int:project_id>/boards/<uuid:board_id>/tiles/<uuid:tile_id>/arrange",
        tile_pages.arrange_tile,
        name="tile-arrange",
    ),
    path("project/<int:project_id>/alerts", alert_pages.alerts, name="alerts"),
    path("project/<int:project_id>/alerts/count", alert_pages.alerts_count, name="alerts-count"),
    path("project/<int:project_id>/alerts/new", alert_pages.new_alert, name="alert-new"),
    path("project/<int:project_id>/alerts/channels", channel_pages.alert_channels, name="alert-channels"),
    path(
        "project/<int:project_id>/alerts/channels/<uuid:channel_id>/test",
        channel_pages.test_channel,
        name="channel-test",
    ),
    path(
        "project/<int:project_id>/alerts/channels/<uuid:channel_id>/delete",
        channel_pages.delete_channel,
        name="channel-delete",
    ),
    path(
        "project/<int:project_id>/alerts/messages/<uuid:delivery_id>/again",
        channel_pages.send_delivery_again,
        name="delivery-again",
    ),
    path("project/<int:project_id>/alerts/<uuid:alert_id>", alert_pages.change_alert, name="alert"),
    path("project/<int:project_id>/alerts/<uuid:alert_id>/mute", alert_pages.mute_alert, name="alert-mute"),
    path("project/<int:project_id>/alerts/<uuid:alert_id>/delete", alert_pages.delete_alert, name="alert-delete"),
    path("project/<int:project_id>/inbox", inbox_pages.inbox, name="inbox"),
    path("project/<int:project_id>/inbox/count", inbox_pages.inbox_count, name="inbox-count"),
    path("project/<int:project_id>/inbox/read", inbox_pages.read_notices, name="inbox-read"),
    path("project/<int:project_id>/scan", search_pages.scanned, name="scan"),
    path("project/<int:project_id>/suggest", query_pages.suggest, name="suggest"),
    path("project/<int:project_id>/facets/<str:facet_name>", query_pages.facet, name="facet"),
    path("project/<int:project_id>/export", export_pages.exported, name="export"),
    path("project/<int:project_id>/exports", files.export_files, name="export-files"),
    path("project/<int:project_id>/exports/<uuid:export_id>", files.export_file, name="export-file"),
    path("project/<int:project_id>/exports/<uuid:export_id>/file", files.export_content, name="export-content"),
    path("project/<int:project_id>/exports/<uuid:export_id>/delete", files.delete_export, name="export-delete"),
    path(
        "project/<int:project_id>/export/session/<id:session_id>",
        export_pages.one_exported,
        name="export-session",
    ),
    path("project/<int:project_id>/sessions/<id:session_id>", replay.session, name="session"),
    path(
        "project/<int:project_id>/state/session/<id:session_id>",
        replay_state.session_state,
        name="session-state",
    ),
    path("project/<int:project_id>/go", palette.go, name="go"),
    path("project/<int:project_id>/views", view_pages.views, name="views"),
    path("project/<int:project_id>/views/new", view_pages.new_view, name="view-new"),
    path("project/<int:project_id>/views/default", view_pages.default_view, name="view-default"),
    path("project/<int:project_id>/views/<uuid:view_id>/change", view_pages.change_view, name="view-change"),
    path("project/<int:project_id>/views/<uuid:view_id>/delete", view_pages.delete_view, name="view-delete"),
    path("project/<int:project_id>/bulk", bulk_pages.bulk, name="bulk"),
    path("project/<int:project_id>/bulk/new", bulk_pages.new_bulk, name="bulk-new"),
    path("project/<int:project_id>/bulk/<uuid:job_id>", bulk_pages.bulk_job, name="bulk-job"),
    path("project/<int:project_id>/bulk/<uuid:job_id>/cancel", bulk_pages.cancel_bulk, name="bulk-cancel"),
    path("project/<int:project_id>/translation/<path:turn_id>", translation_pages.translation, name="translation"),
    path("project/<int:project_id>/language", translation_pages.language, name="translation-language"),
    path("project/<int:project_id>/settings/providers", providers.providers, name="project-providers"),
    path(
        "project/<int:project_id>/settings/translation",
        providers.former_providers,
        {"part": "translation"},
        name="former-translation",
    ),
    path(
        "project/<int:project_id>/settings/models",
        providers.former_providers,
        {"part": "judging"},
        name="former-models",
    ),
    path("project/<int:project_id>/cohorts", cohort_pages.cohorts, name="cohorts"),
    path("project/<int:project_id>/cohorts/new", cohort_pages.new_cohort, name="cohort-new"),
    path("project/<int:project_id>/cohorts/<uuid:cohort_id>/change", cohort_pages.change_cohort, name="cohort-change"),
    path("project/<int:project_id>/cohorts/<uuid:cohort_id>/delete", cohort_pages.delete_cohort, name="cohort-delete"),
    path("project/<int:project_id>/compare", cohort_views.compare, name="compare"),
    path("project/<int:project_id>/compare.csv", cohort_views.compare_csv, name="compare-csv"),
    path("project/<int:project_id>/compare.svg", cohort_views.compare_svg, name="compare-svg"),
    path("project/<int:project_id>/settings/erasures", deletion_pages.erasures, name="project-erasures"),
    path(
        "project/<int:project_id>/delete/session/<id:session_id>",
        deletion_pages.delete_session,
        name="session-delete",
    ),
    path("project/<int:project_id>/delete/trace/<path:trace_id>", deletion_pages.delete_trace, name="trace-delete"),
]
