"""Judges with what they need to judge."""

from dataclasses import dataclass
from uuid import UUID

from projects.models import Project
from sessions.models import Judge, JudgeVersion, ModelProvider, ScoreConfig

NO_PROVIDER = "This project has chosen no model. An admin can do so in the settings under Providers."
NO_MODEL_CONSENT = "Nobody has agreed that conversations are sent to a model. An admin can do so under Providers."


@dataclass(frozen=True, slots=True)
class Bench:
    """A judge with one of its versions and its score config."""

    judge: Judge
    version: JudgeVersion
    config: ScoreConfig

    @property
    def is_rule(self) -> bool:
        return self.version.kind == JudgeVersion.Kind.RULE


def load_bench(judge: Judge, number: int | None = None) -> Bench | None:
    """Load a judge's version, the one in force unless named; None if there is none, or its config is gone."""
    wanted = judge.version if number is None else number
    versions = JudgeVersion.objects.for_project(judge.project_id).filter(judge_id=judge.id, number=wanted)
    version = versions.first()
    config = ScoreConfig.objects.for_project(judge.project_id).filter(id=judge.config_id).first()
    return Bench(judge, version, config) if version and config else None


def load_judge(project: Project | int, judge_id: UUID) -> Judge | None:
    """Load a judge of a project, or None."""
    found: Judge | None = Judge.objects.for_project(project).filter(id=judge_id).first()
    return found


def judges_on(project: Project) -> list[Judge]:
    """Load the judges that are switched on."""
    return list(Judge.objects.for_project(project).filter(is_on=True).order_by("name", "id"))


def load_provider(project_id: int) -> ModelProvider | None:
    """Load the project's model provider, or None if it chose none."""
    return ModelProvider.objects.filter(project_id=project_id).first()


def refusal_of(provider: ModelProvider | None) -> str:
    """Return why the project may not ask a model; "" if it may."""
    if provider is None:
        return NO_PROVIDER
    return "" if provider.consent_at else NO_MODEL_CONSENT
