"""Judges to start from, as questions: how well a model answers them, only a comparison with people tells."""

from typing import NamedTuple

from sessions.models import JudgeVersion


class GalleryJudge(NamedTuple):
    """A judge to start from; `score` is the name of its score type, which has the answers yes and no."""

    label: str
    score: str
    icon: str
    about: str
    kind: str
    prompt: str = ""
    rule: str = ""


GALLERY = {
    "resolved": GalleryJudge(
        "Resolved?",
        "resolved",
        "check",
        "Was the request settled by the end?",
        JudgeVersion.Kind.PROMPT,
        "Was the person's request settled by the end? Answer yes only if they got what they asked for, or accepted why"
        " it cannot be had. A promise to do it later does not settle it.",
    ),
    "frustrated": GalleryJudge(
        "Frustrated?",
        "frustrated",
        "thumb-down",
        "Does the person show anger, or give up?",
        JudgeVersion.Kind.PROMPT,
        "Does the person show anger or sarcasm, or give up? Repeating a question once is not frustration, and neither"
        " is bad news taken calmly. Judge the person's words only, in whatever language they are.",
    ),
    "escalated": GalleryJudge(
        "Escalated?",
        "escalated",
        "assign",
        "Was it handed to a person?",
        JudgeVersion.Kind.PROMPT,
        "Was the conversation handed to a human colleague, or did the person ask for one?",
    ),
    "hallucinated": GalleryJudge(
        "Made up against tool results",
        "made_up",
        "tool",
        "Does an answer contradict a tool's result?",
        JudgeVersion.Kind.PROMPT,
        "Does an answer of the assistant state something that contradicts what a tool returned, or claim a result that"
        " no tool returned? Entries with the role tool are what tools returned.",
    ),
    "policy": GalleryJudge(
        "Policy broken?",
        "policy_broken",
        "shield",
        "Was one of your rules broken?",
        JudgeVersion.Kind.PROMPT,
        "Did the assistant break one of these rules? Replace this list with yours: no legal or medical advice; no"
        " prices that a tool did not return; no personal data of other people.",
    ),
    "language": GalleryJudge(
        "Language mismatch?",
        "language_mismatch",
        "translate",
        "Did the answer come in another language?",
        JudgeVersion.Kind.PROMPT,
        "Did the assistant ever answer in another language than the one in which the person had just written, without"
        " being asked to?",
    ),
    "loops": GalleryJudge(
        "Going in circles?",
        "going_in_circles",
        "retry",
        "Does the assistant repeat itself?",
        JudgeVersion.Kind.PROMPT,
        "Does the assistant go in circles: does it give the same answer, ask the same question or call a tool in the"
        " same way again, although that has not helped before?",
    ),
    "failing": GalleryJudge(
        "Failing tools",
        "failing_tools",
        "error",
        "Did a tool fail?",
        JudgeVersion.Kind.RULE,
        rule="span(kind:tool level:error)",
    ),
}
