"""The product's tables. Every key starts with `project_id`."""

from sessions.models.alerts import (
    Alert,
    AlertFiring,
    AlertFiringSession,
    AlertKind,
    AlertMember,
    AlertPace,
    AlertState,
)
from sessions.models.annotation import (
    Comment,
    DataType,
    ObjectType,
    Review,
    ReviewItem,
    ReviewQueue,
    ScoreConfig,
    new_id,
)
from sessions.models.boards import Board, BoardSharing, BoardTile, TileChart
from sessions.models.bulk import BulkJob
from sessions.models.channels import AlertChannel, AlertDelivery
from sessions.models.cohorts import Cohort, CohortMember
from sessions.models.demo import DemoFill
from sessions.models.erasures import Erasure
from sessions.models.exports import ExportFile
from sessions.models.judge_runs import JudgeRun
from sessions.models.judges import Judge, JudgeSpending, JudgeVersion, ModelProvider, Verdict
from sessions.models.kept_answers import KeptAnswer
from sessions.models.notices import Notice
from sessions.models.saved_views import SavedView
from sessions.models.scores import SessionScore
from sessions.models.search import TraceText
from sessions.models.session import Session
from sessions.models.state import SessionState, SessionStatus
from sessions.models.summaries import SummaryOrder, SummaryPace
from sessions.models.translation import TranslationJob, TranslationSegment, TranslationSettings, TranslationUsage

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertDelivery",
    "AlertFiring",
    "AlertFiringSession",
    "AlertKind",
    "AlertMember",
    "AlertPace",
    "AlertState",
    "Board",
    "BoardSharing",
    "BoardTile",
    "BulkJob",
    "Cohort",
    "CohortMember",
    "Comment",
    "DataType",
    "DemoFill",
    "Erasure",
    "ExportFile",
    "Judge",
    "JudgeRun",
    "JudgeSpending",
    "JudgeVersion",
    "KeptAnswer",
    "ModelProvider",
    "Notice",
    "ObjectType",
    "Review",
    "ReviewItem",
    "ReviewQueue",
    "SavedView",
    "ScoreConfig",
    "Session",
    "SessionScore",
    "SessionState",
    "SessionStatus",
    "SummaryOrder",
    "SummaryPace",
    "TileChart",
    "TraceText",
    "TranslationJob",
    "TranslationSegment",
    "TranslationSettings",
    "TranslationUsage",
    "Verdict",
    "new_id",
]
