"""What the page of one judge shows, one panel at a time: agreement and tests, backfills, versions, verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Max, Q

from projects.models import Project
from sessions.annotation.configs import NotAllowed
from sessions.cohorts.statistics import Interval
from sessions.judges import making, runs, trials
from sessions.judges.comparing import JudgeComparison, among_people, compare_with_people, gain
from sessions.judges.estimates import Estimate
from sessions.judges.examining import Examination, examination_of
from sessions.judges.forms import SECONDS_OF_MINUTE
from sessions.judges.known_cases import cases_of
from sessions.judges.loading import Bench, load_bench, load_provider, refusal_of
from sessions.judges.questions import UNSURE_WORDS
from sessions.models import Judge, JudgeRun, JudgeVersion, Verdict
from sessions.query.grammar import QueryError
from tracing.lists.bounded import TooLong

JUDGE_TABS = (("test", "Test"), ("backfill", "Backfill"), ("versions", "Versions"), ("verdicts", "Verdicts"))
SHOWN_VERDICTS = 50
SHOWN_RUNS = 10


@dataclass(frozen=True)
class Offer:
    """A run that could be ordered: `estimate` is its price, or `fault` says why there is none."""

    purpose: str
    given: Mapping[str, str]
    estimate: Estimate | None = None
    fault: str = ""


@dataclass(frozen=True)
class JudgePage:
    """One judge, its latest version, and the panel that was asked for."""

    project: Project
    judge: Judge
    tab: str
    given: Mapping[str, str]  # the parameters of the address
    tabs = JUDGE_TABS

    @property
    def panel(self) -> str:
        """The template of the panel."""
        return f"sessions/judges/_{self.tab}.html"

    @cached_property
    def version(self) -> JudgeVersion:
        """The latest version, which is a draft unless it is in force."""
        return making.latest_version(self.judge)

    @cached_property
    def bench(self) -> Bench | None:
        return load_bench(self.judge, self.version.number)

    @property
    def quiet(self) -> str:
        """When a session is judged, in words."""
        minutes = self.judge.quiet_seconds // SECONDS_OF_MINUTE
        return f"once quiet for {minutes:,} minute{'' if minutes == 1 else 's'}" if minutes else "as they arrive"

    @property
    def refusal(self) -> str:
        """Why no model can be asked; "" if one can, or none need be."""
        if self.version.kind == JudgeVersion.Kind.RULE:
            return ""
        return refusal_of(load_provider(self.project.pk))

    @cached_property
    def comparison(self) -> JudgeComparison | None:
        """The latest version against people; None if that takes too long."""
        return compare_with_people(self.judge, self.bench.config, self.version.number) if self.bench else None

    @cached_property
    def before(self) -> JudgeComparison | None:
        """The version in force against people, or the one before the latest; None if there is none."""
        number = self.judge.version if self.judge.version != self.version.number else self.version.number - 1
        return compare_with_people(self.judge, self.bench.config, number) if self.bench and number else None

    @property
    def comparisons(self) -> list[JudgeComparison]:
        """Both versions, as far as they have been compared."""
        return [one for one in (self.comparison, self.before) if one and one.pairs]

    @cached_property
    def among_people(self) -> tuple[Interval, int] | None:
        """How far people agree with each other, and on how many sessions."""
        return among_people(self.project.pk, self.bench.config) if self.bench else None

    @property
    def cell(self) -> tuple[str, str] | None:
        """The cell of the matrix whose sessions are asked for: what people and the judge said."""
        return (self.given["people"], self.given["judge"]) if {"people", "judge"} <= self.given.keys() else None

    @property
    def read_pairs(self) -> list[tuple[Verdict, str]]:
        """The verdicts to read beside what people said: those of a cell, or those that differ."""
        if self.comparison is None:
            return []
        return self.comparison.in_cell(*self.cell) if self.cell else self.comparison.disagreements

    @cached_property
    def gain(self) -> tuple[Interval, int] | None:
        """How much better the latest version is than the one before, and on how many sessions."""
        return gain(self.before, self.comparison) if self.before and self.comparison else None

    @cached_property
    def examination(self) -> Examination | None:
        """What the latest version said about its test set; None if there is no such set."""
        return examination_of(self.project, self.bench) if self.bench else None

    @cached_property
    def trials(self) -> list[tuple[str, str]]:
        """On what the latest version can be tested."""
        return trials.choices(self.project, self.bench) if self.bench else []

    @cached_property
    def offer(self) -> Offer | None:
        """The run whose price was asked for."""
        purpose = runs.TEST if self.tab == "test" else runs.BACKFILL
        if self.bench is None or ("against" if purpose == runs.TEST else "percent") not in self.given:
            return None
        try:
            run = drafted(self.project, self.bench, purpose, self.given)
            return Offer(purpose, self.given, runs.price(self.project, self.bench, run))
        except NotAllowed as refused:
            return Offer(purpose, self.given, fault=str(refused))

    @cached_property
    def runs(self) -> list[JudgeRun]:
        """The last runs of the panel's purpose."""
        purposes = [runs.TEST, runs.EXAMINATION] if self.tab == runs.TEST else [self.tab]
        found = JudgeRun.objects.for_project(self.project).filter(judge_id=self.judge.id, purpose__in=purposes)
        return list(found.order_by("-requested_at").defer("session_ids")[:SHOWN_RUNS])

    @cached_property
    def versions(self) -> list[tuple[JudgeVersion, Mapping[str, object]]]:
        """All versions, the newest first, with the number of their verdicts and the moment of the last."""
        verdicts = Verdict.objects.for_project(self.project).filter(judge_id=self.judge.id, state=Verdict.State.DONE)
        counts = verdicts.values("version").annotate(
            given=Count("session_id"),
            current=Count("session_id", filter=Q(is_current=True)),
            last_at=Max("finished_at"),
        )
        by_version = {row["version"]: row for row in counts}
        found = JudgeVersion.objects.for_project(self.project).filter(judge_id=self.judge.id).order_by("-number")
        return [(version, by_version.get(version.number, {})) for version in found]

    @property
    def is_about_failures(self) -> bool:
        return self.given.get("only") == "failed"

    @property
    def answer(self) -> str:
        """The answer whose verdicts are asked for; "" for all."""
        return "" if self.is_about_failures else self.given.get("answer", "").replace("\x00", "")

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The last verdicts, or what was given up."""
        verdicts = Verdict.objects.for_project(self.project).filter(judge_id=self.judge.id)
        if self.is_about_failures:
            shown = verdicts.filter(state=Verdict.State.FAILED)
        else:
            shown = verdicts.filter(answered(self.answer) if self.answer else Q(), is_current=True)
        return list(shown.order_by("-finished_at")[:SHOWN_VERDICTS])


def answered(answer: str) -> Q:
    """Return the condition of verdicts with an answer in words."""
    if answer == UNSURE_WORDS:
        return Q(is_unsure=True)
    return Q(is_unsure=False, string_value__in=[answer, {"yes": "True", "no": "False"}.get(answer, answer)])


def drafted(project: Project, bench: Bench, purpose: str, given: Mapping[str, str]) -> JudgeRun:
    """Return the run that a form describes: `against` of a test, `q` and `percent` of a backfill. Raises NotAllowed."""
    if purpose == runs.TEST and given.get("against") == trials.AGAINST_CASES and cases_of(bench):
        return runs.draft(bench, runs.EXAMINATION)
    if purpose == runs.TEST:
        try:
            ids = trials.sessions_of(project, bench, given.get("against", ""))
        except (QueryError, TooLong) as error:
            raise NotAllowed(f"against: {error or 'finding these sessions takes too long'}") from None
        return runs.draft(bench, runs.TEST, session_ids=ids)
    percent = given.get("percent", "100")
    known = int(percent) if percent.isascii() and percent.isdigit() and len(percent) < 4 else 0
    return runs.draft(bench, runs.BACKFILL, query=given.get("q", "").strip(), sample_percent=known)
