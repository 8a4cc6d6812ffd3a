"""One verdict of a prompt judge, from the lease to the score.

A worker may be killed at any point and another continues. A verdict is written only while its row still has the
worker's lease, and it becomes the score only if the session still says what was read."""

import logging
import random
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from projects.audit import Action, record
from projects.jobs.keeping import kept
from projects.models import Project
from sessions.annotation.configs import ScoreValue
from sessions.judges.current import make_current
from sessions.judges.judging import Hearing, LeaseLost
from sessions.judges.loading import Bench, load_bench, load_judge, load_provider, refusal_of
from sessions.judges.questions import Opinion
from sessions.judges.spending import CapReached, PriceUnknown
from sessions.judges.transcript import Transcript, read_transcript
from sessions.models import Judge, JudgeRun, Session, Verdict
from sessions.translation.provider import ProviderRateLimited, TranslationFailed
from tracing.models import DirtyMark

logger = logging.getLogger(__name__)

VerdictState = Verdict.State
MAX_ATTEMPTS = 5
FIRST_PAUSE = timedelta(seconds=30)  # doubled after each attempt
UNSETTLED_PAUSE = timedelta(seconds=5)  # while a session is being recomputed
CAP_PAUSE = timedelta(minutes=10)
NOTHING_SAID = Opinion(ScoreValue(None, None), True, "Nothing was said in this session.", (), None)


def judge_one(row: Verdict) -> None:
    """Judge, unless another worker has the row. Its end, a failure and a pause are written to the row."""
    if not row.lease(state=VerdictState.RUNNING):
        return
    try:
        with kept(row):
            _judge(row)
    except (CapReached, PriceUnknown) as error:
        _pause(row, CAP_PAUSE, error.code, str(error))
    except LeaseLost:
        pass
    except TranslationFailed as error:
        _fail(row, error)
    except Exception:
        logger.exception("judge %s failed on a session of project %s", row.judge_id, row.project_id)
        _fail(row, TranslationFailed("Something went wrong in the worker; its log says more."))


def _judge(row: Verdict) -> None:
    bench, session = _bench_of(row), _session_of(row)
    if bench is None or session is None:
        row.drop()  # nobody wants it any more
        return
    if session.content_hash != row.content_hash:
        row.drop()  # the state that is new gets a row of its own when the session is quiet
        return
    provider = load_provider(row.project_id)
    refusal = refusal_of(provider)
    if provider is None or refusal:
        _pause(row, CAP_PAUSE, "no_provider", refusal)
        return
    transcript = read_transcript(session)
    if not _is_settled(row):
        _pause(row, UNSETTLED_PAUSE)
        return
    hearing = Hearing(provider, bench.judge, bench.version, bench.config, alive=row.extend)
    try:
        opinion = hearing.opinion_on(transcript) if transcript.entries else NOTHING_SAID
    finally:
        _keep_use(row, hearing)
        if hearing.use.requests:
            _audit(row, hearing, transcript)
    _write(row, bench, hearing, transcript, opinion)


def _bench_of(row: Verdict) -> Bench | None:
    """Load what judges a row; None if it is no longer to be judged."""
    judge = load_judge(row.project_id, row.judge_id)
    if judge is None or judge.is_archived or not (_is_in_force(judge, row) or _is_of_run(row)):
        return None
    return load_bench(judge, row.version)


def _is_in_force(judge: Judge, row: Verdict) -> bool:
    return judge.is_on and judge.version == row.version


def _is_of_run(row: Verdict) -> bool:
    """Return whether a backfill or a test wants the row that was not ended early."""
    runs = JudgeRun.objects.for_project(row.project_id).filter(id=row.run_id, stopped_at=None, error="")
    return row.run_id is not None and bool(runs.exists())


def _session_of(row: Verdict) -> Session | None:
    found: Session | None = Session.objects.for_project(row.project_id).filter(session_id=row.session_id).first()
    return found


def _is_settled(row: Verdict) -> bool:
    """Return whether what was read is the state that the row names.

    Whoever stores reports marks the session in the same transaction. So if there is no mark now, the session has been
    recomputed since the last report that was read."""
    marks = DirtyMark.objects.for_project(row.project_id).filter(target=DirtyMark.Target.SESSION, key=row.session_id)
    if marks.exists():
        return False
    same = Session.objects.for_project(row.project_id).filter(session_id=row.session_id, content_hash=row.content_hash)
    return bool(same.exists())


def _keep_use(row: Verdict, hearing: Hearing) -> None:
    """Add what this attempt took to what earlier ones took, whatever comes of it."""
    use = hearing.use
    earlier = row.cost or Decimal(0)
    row.cost = None if use.cost is None else earlier + use.cost
    row.model, row.asked_bytes = hearing.model, use.asked_bytes
    row.input_tokens, row.output_tokens = use.input_tokens, use.output_tokens
    names = ("cost", "model", "asked_bytes", "input_tokens", "output_tokens")
    row.row.update(**{name: getattr(row, name) for name in names})


def _write(row: Verdict, bench: Bench, hearing: Hearing, transcript: Transcript, opinion: Opinion) -> None:
    """Write the verdict, and make it the score if the version is in force and the session still says the same."""
    row.value, row.string_value = opinion.value.number, opinion.value.text
    row.is_unsure, row.reason = opinion.is_unsure, opinion.reason
    row.turns = list(opinion.turns)
    row.turn_ids = [transcript.turn_ids[number - 1] for number in opinion.turns]
    row.part_count = max(len(hearing.parts_of(transcript)), 1)
    told = ("value", "string_value", "is_unsure", "reason", "turns", "turn_ids", "part_count")
    with transaction.atomic():
        sessions = Session.objects.for_project(row.project_id).filter(session_id=row.session_id)
        session = sessions.select_for_update(no_key=True).only("project_id", "session_id", "content_hash").first()
        written = {name: getattr(row, name) for name in told}
        if session is None or not row.finish(state=VerdictState.DONE, error="", error_code="", **written):
            return
        judge = load_judge(row.project_id, row.judge_id)
        if judge and _is_in_force(judge, row) and session.content_hash == row.content_hash:
            make_current(judge, bench.config, [row])


def _pause(row: Verdict, pause: timedelta, code: str = "", error: str = "") -> None:
    """Wait for what is no failure of the model."""
    row.release(state=VerdictState.WAITING, due_at=timezone.now() + pause, error_code=code, error=error)


def _fail(row: Verdict, error: TranslationFailed) -> None:
    """Pause after a failure, and give up after several."""
    attempts = row.attempt_count + 1
    said = {"attempt_count": F("attempt_count") + 1, "error_code": error.code, "error": str(error)[:1000]}
    if attempts >= MAX_ATTEMPTS:
        row.finish(state=VerdictState.FAILED, **said)
        return
    pause = FIRST_PAUSE * 2 ** (attempts - 1) * random.uniform(1, 1.3)
    if isinstance(error, ProviderRateLimited):
        pause = max(pause, timedelta(seconds=error.retry_after))
    row.release(state=VerdictState.WAITING, due_at=timezone.now() + pause, **said)


def _audit(row: Verdict, hearing: Hearing, transcript: Transcript) -> None:
    """Record that a conversation was sent to a model, whatever it answered: how long it was, never its text."""
    project = Project.objects.get(pk=row.project_id)
    record(
        Action.CONVERSATION_SENT,
        project,
        actor=f"judge {row.judge_id}",
        target=f"session {row.session_id}",
        model=hearing.model,
        characters=sum(len(entry["text"]) for entry in transcript.entries),
    )
