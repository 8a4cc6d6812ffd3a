"""Asks a version about its test set, one conversation after the other, and keeps what it says on the order.

A worker may be killed at any point, and another continues behind the answers that are kept."""

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from projects.jobs.keeping import kept
from projects.models import Project
from sessions.judges import runs
from sessions.judges.agreement import nominal
from sessions.judges.comparing import JudgeComparison
from sessions.judges.judging import Hearing, LeaseLost
from sessions.judges.known_cases import KnownCase, cases_of
from sessions.judges.loading import Bench, load_bench, load_judge, load_provider, refusal_of
from sessions.judges.questions import Opinion
from sessions.judges.spending import CapReached, PriceUnknown
from sessions.models import JudgeRun, Verdict
from sessions.translation.provider import ProviderRateLimited, TranslationFailed

logger = logging.getLogger(__name__)

YES_OR_NO = ["yes", "no"]


@dataclass(frozen=True)
class Examination:
    """What a version said about its test set. `answers` are those of the order, by the names of the conversations."""

    cases: tuple[KnownCase, ...]
    run: JudgeRun | None

    @cached_property
    def answers(self) -> dict[str, dict[str, Any]]:
        return {one["case"]: one for one in (self.run and self.run.answers) or ()}

    @cached_property
    def comparison(self) -> JudgeComparison:
        """The answers against the right ones."""
        given = [(_verdict(self.answers[case.name]), case.right) for case in self.cases if self._is_answered(case)]
        return JudgeComparison(self.run.version if self.run else 0, given, YES_OR_NO, nominal)

    @property
    def rows(self) -> list[tuple[KnownCase, dict[str, Any]]]:
        """All conversations, each with what was said about it; those that were judged wrong come first."""
        rows = [(case, self.answers.get(case.name, {})) for case in self.cases]
        return sorted(rows, key=lambda row: row[1].get("answer", row[0].right) == row[0].right)

    def _is_answered(self, case: KnownCase) -> bool:
        return "answer" in self.answers.get(case.name, {})


def examination_of(project: Project, bench: Bench) -> Examination | None:
    """Load the last examination of a version, perhaps one that was not ordered yet; None without a test set."""
    if not (cases := cases_of(bench)):
        return None
    found = JudgeRun.objects.for_project(project).filter(judge_id=bench.judge.id, version=bench.version.number)
    return Examination(cases, found.filter(purpose=runs.EXAMINATION).order_by("-requested_at").first())


def examine(run: JudgeRun) -> None:
    """Ask about the rest of the test set, unless another worker does. What fails is kept with its reason."""
    if not run.lease():
        return
    try:
        with kept(run):
            _examine(run)
    except (CapReached, PriceUnknown) as error:
        runs.end(run, str(error))
    except (ProviderRateLimited, LeaseLost):
        pass  # when the lease is over, a worker continues
    except Exception:
        logger.exception("judge %s failed on its test set in project %s", run.judge_id, run.project_id)
        runs.end(run, "Something went wrong in the worker; its log says more.")


def _examine(run: JudgeRun) -> None:
    judge, provider = load_judge(run.project_id, run.judge_id), load_provider(run.project_id)
    bench = load_bench(judge, run.version) if judge and not judge.is_archived else None
    refusal = runs.JUDGE_GONE if bench is None else refusal_of(provider)
    if bench is None or provider is None or refusal:
        runs.end(run, refusal)
        return
    answers = list(run.answers or ())
    for case in cases_of(bench)[len(answers) :]:
        answers.append(_asked(Hearing(provider, bench.judge, bench.version, bench.config, alive=run.extend), case))
        if not run.extend(answers=answers):
            return
    run.finish()


def _asked(hearing: Hearing, case: KnownCase) -> dict[str, Any]:
    """Return what the model says about a conversation, or why it says nothing. Raises what is no fault of the model."""
    try:
        said = _told(hearing.opinion_on(case.transcript))
    except (CapReached, PriceUnknown, ProviderRateLimited, LeaseLost):
        raise
    except TranslationFailed as error:
        said = {"error": str(error)[:1000]}
    return {"case": case.name, "cost": None if hearing.use.cost is None else str(hearing.use.cost), **said}


def _told(opinion: Opinion) -> dict[str, Any]:
    words = Verdict(string_value=opinion.value.text, is_unsure=opinion.is_unsure).answer
    return {"answer": words, "reason": opinion.reason}


def _verdict(told: dict[str, Any]) -> Verdict:
    return Verdict(session_id=told["case"], string_value=told["answer"], reason=told["reason"])
