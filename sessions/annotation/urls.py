"""Pages of annotation, below a project."""

from django.urls import path

from sessions.annotation.views import mentions, queues, review, scoring, settings

P = "project/<int:project_id>"

urlpatterns = [
    path(f"{P}/annotate/<str:kind>/<path:key>", scoring.annotate, name="annotate"),
    path(f"{P}/scores/<str:score_id>/delete", scoring.withdraw, name="score-delete"),
    path(f"{P}/scores/<str:score_id>/change", scoring.change, name="score-change"),
    path(f"{P}/comments/<str:kind>/<path:key>", scoring.comment, name="comment-new"),
    path(f"{P}/comment/<str:comment_id>/<str:action>", scoring.change_comment, name="comment-change"),
    path(f"{P}/mentions", mentions.mention_names, name="mention-names"),
    path(f"{P}/review", review.queues, name="review"),
    path(f"{P}/review/new", queues.new, name="review-new"),
    path(f"{P}/review/<str:queue_id>", review.queue, name="review-queue"),
    path(f"{P}/review/<str:queue_id>/change", queues.change, name="review-change"),
    path(f"{P}/review/<str:queue_id>/delete", queues.delete, name="review-delete"),
    path(f"{P}/review/<str:queue_id>/fill", review.fill, name="review-fill"),
    path(f"{P}/review/<str:queue_id>/next", review.next_item, name="review-next"),
    path(f"{P}/review/<str:queue_id>/skipped", review.offer_skipped, name="review-skipped"),
    path(f"{P}/review/<str:queue_id>/items/<str:item_id>", review.item, name="review-item"),
    path(f"{P}/review/<str:queue_id>/results.<str:form>", review.results, name="review-results"),
    path(f"{P}/settings/scores", settings.scores, name="project-scores"),
    path(f"{P}/settings/scores/<str:config_id>", settings.score, name="project-score"),
]
