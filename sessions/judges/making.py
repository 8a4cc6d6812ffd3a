"""Creating, changing and switching judges. Versions are frozen: a change of how a judge decides is another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from projects.audit import Action, Actor, actor_name, record
from projects.models import Project
from sessions.annotation.configs import NotAllowed, read_value
from sessions.judges.current import make_current_again
from sessions.judges.loading import Bench, load_bench, load_provider, refusal_of
from sessions.judges.scope import condition_of
from sessions.models import Judge, JudgeVersion, ScoreConfig, Verdict
from sessions.models.judges import MAX_JUDGE_NAME_CHARACTERS, MAX_PROMPT_CHARACTERS
from sessions.query.grammar import FieldComparison, Node, QueryError
from sessions.query.parsing import parse
from sessions.query.rewrite import with_leaves

MOST_JUDGES = 100  # of one project, without archived ones
MAX_QUIET_SECONDS = 30 * 24 * 3600
ADOPTED_AT_ONCE = 500
JUDGE_FIELDS = ("name", "query", "quiet_seconds", "sample_percent", "config_id", "monthly_cap")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """How a judge is to decide: a rule with its answers, or a prompt and perhaps a model."""

    kind: str
    rule: str = ""
    value: str = ""
    otherwise: str = ""
    prompt: str = ""
    model: str = ""


def create(project: Project, fields: Mapping[str, Any], decision: Decision, *, by: Actor) -> Judge:
    """Create a judge that is off, with its first version. Raises NotAllowed."""
    judge = Judge(project_id=project.pk, created_by=actor_name(by)[:254], **fields)
    if Judge.objects.for_project(project).filter(is_archived=False).count() >= MOST_JUDGES:
        raise NotAllowed(f"A project has up to {MOST_JUDGES} judges. Archive one first.")
    check(project, judge, decision)
    with transaction.atomic():
        judge.save(force_insert=True)
        _add_version(judge, decision, by)
        record(Action.JUDGE_CREATED, project, actor=by, target=judge.audited, kind=decision.kind)
    return judge


def change(
    project: Project, judge: Judge, fields: Mapping[str, Any], decision: Decision | None = None, *, by: Actor
) -> int:
    """Change a judge, and return the number of its latest version: a new one if `decision` differs. Raises NotAllowed.

    A new version is a draft until it is switched on."""
    for name, value in fields.items():
        setattr(judge, name, value)
    latest = latest_version(judge)
    check(project, judge, decision or decision_of(latest))
    judge.updated_at, judge.scanned_at = timezone.now(), None
    written = {name: getattr(judge, name) for name in (*fields, "updated_at", "scanned_at")}
    with transaction.atomic():
        Judge.objects.for_project(project).filter(id=judge.id).update(**written)
        if decision is not None and decision != decision_of(latest):
            latest = _add_version(judge, decision, by)
        said = ", ".join(sorted(fields))
        record(Action.JUDGE_CHANGED, project, actor=by, target=judge.audited, fields=said, version=latest.number)
    return latest.number


def switch_on(project: Project, judge: Judge, number: int, *, by: Actor) -> None:
    """Put a version in force. Raises NotAllowed.

    What it has said about sessions as they are becomes their score. A rule judges all sessions of its scope; a prompt
    those that become quiet from now: the past is for backfills, whose price is shown before."""
    bench = load_bench(judge, number)
    if bench is None:
        raise NotAllowed(f"version: there is no version {number} of this judge")
    check(project, judge, decision_of(bench.version))
    if not bench.is_rule and (refusal := refusal_of(load_provider(project.pk))):
        raise NotAllowed(refusal)
    now = timezone.now()
    judge.version, judge.is_on, judge.is_archived, judge.scanned_at = number, True, False, None
    judge.since = None if bench.is_rule else now
    names = ("version", "is_on", "is_archived", "scanned_at", "since")
    with transaction.atomic():
        Judge.objects.for_project(project).filter(id=judge.id).update(**{name: getattr(judge, name) for name in names})
        record(Action.JUDGE_CHANGED, project, actor=by, target=judge.audited, what="switched on", version=number)
    adopt(bench)


def switch_off(project: Project, judge: Judge, *, by: Actor, is_archived: bool = False) -> None:
    """Stop judging; the scores stay. An archived judge is no longer listed."""
    judge.is_on, judge.is_archived = False, is_archived
    with transaction.atomic():
        Judge.objects.for_project(project).filter(id=judge.id).update(is_on=False, is_archived=is_archived)
        Verdict.objects.for_project(project).filter(judge_id=judge.id).free().delete()
        action = Action.JUDGE_ARCHIVED if is_archived else Action.JUDGE_CHANGED
        record(action, project, actor=by, target=judge.audited, what="switched off")


def adopt(bench: Bench) -> None:
    """Make what the version has said about sessions as they are their scores, such as the verdicts of a test."""
    given = Verdict.objects.for_project(bench.judge.project_id).filter(
        judge_id=bench.judge.id, version=bench.version.number, state=Verdict.State.DONE, is_current=False
    )
    last = ""
    while some := list(given.filter(session_id__gt=last).order_by("session_id")[:ADOPTED_AT_ONCE]):
        last = some[-1].session_id
        make_current_again(bench.judge, bench.config, some)


def latest_version(judge: Judge) -> JudgeVersion:
    """Load the newest version, which is a draft unless it is in force."""
    versions = JudgeVersion.objects.for_project(judge.project_id).filter(judge_id=judge.id)
    found: JudgeVersion = versions.order_by("-number")[0]
    return found


def decision_of(version: JudgeVersion) -> Decision:
    """Return how a version decides."""
    names = ("kind", "rule", "value", "otherwise", "prompt", "model")
    return Decision(**{name: getattr(version, name) for name in names})


def check(project: Project, judge: Judge, decision: Decision) -> None:
    """Raise NotAllowed if a judge cannot judge as its fields say."""
    texts = (judge.name, judge.query, decision.rule, decision.prompt, decision.model)
    if not 1 <= len(judge.name.strip()) <= MAX_JUDGE_NAME_CHARACTERS or any("\x00" in text for text in texts):
        raise NotAllowed(f"name: 1 to {MAX_JUDGE_NAME_CHARACTERS} characters")
    if not 1 <= judge.sample_percent <= 100:
        raise NotAllowed("sample_percent: 1 to 100")
    if not 0 <= judge.quiet_seconds <= MAX_QUIET_SECONDS:
        raise NotAllowed(f"quiet_seconds: 0 to {MAX_QUIET_SECONDS:,}")
    if judge.monthly_cap is not None and not 0 <= judge.monthly_cap <= 1_000_000:
        raise NotAllowed("monthly_cap: 0 to 1,000,000 USD, or nothing for no cap")
    config = ScoreConfig.objects.for_project(project).filter(id=judge.config_id, is_archived=False).first()
    if config is None:
        raise NotAllowed(f"config_id: this project has no score type {judge.config_id}, or it is archived")
    _check_query(project, "query", judge.query)
    if decision.kind == JudgeVersion.Kind.RULE:
        _check_rule(project, config, decision)
    elif decision.kind != JudgeVersion.Kind.PROMPT:
        raise NotAllowed(f"kind: one of {', '.join(JudgeVersion.Kind.values)}")
    elif not 1 <= len(decision.prompt.strip()) <= MAX_PROMPT_CHARACTERS:
        raise NotAllowed(f"prompt: 1 to {MAX_PROMPT_CHARACTERS:,} characters")


def _check_rule(project: Project, config: ScoreConfig, decision: Decision) -> None:
    node = _check_query(project, "rule", decision.rule)
    if node is None:
        raise NotAllowed("rule: a query, such as error:yes or span(kind:tool status:error)")
    asked: list[str] = []
    with_leaves(node, lambda leaf: asked.append(leaf.key) or leaf if isinstance(leaf, FieldComparison) else leaf)  # type: ignore[func-returns-value]
    if config.name in asked:
        raise NotAllowed(f"rule: it cannot ask for {config.name}, the score that it gives")
    for answer in (decision.value, decision.otherwise):
        if answer or answer is decision.value:
            read_value(config, answer)


def _check_query(project: Project, name: str, query: str) -> Node | None:
    try:
        condition_of(project, query, timezone.now())
        return parse(query)
    except QueryError as error:
        raise NotAllowed(f"{name}: {error}") from None


def _add_version(judge: Judge, decision: Decision, by: Actor) -> JudgeVersion:
    versions = JudgeVersion.objects.for_project(judge.project_id).filter(judge_id=judge.id)
    number = (versions.aggregate(most=Max("number"))["most"] or 0) + 1
    return JudgeVersion.objects.create(
        project_id=judge.project_id,
        judge_id=judge.id,
        number=number,
        created_by=actor_name(by)[:254],
        **vars(decision),
    )
