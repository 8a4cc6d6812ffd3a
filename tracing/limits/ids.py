"""What may be the id of a session, of a user, and of anything else."""

from unicodedata import category

from projects.normal_forms import normalized
from tracing.limits.placeholders import is_placeholder, is_response_id
from tracing.records import Reason

MAX_ID_CHARACTERS = 200  # trace, span, session and user ids, tags, names of tools
JOINERS = frozenset("\u200c\u200d")  # which Persian, Hindi and emoji are written with
CONTROLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # Unicode's categories of what nobody can see


def session_id_problem(session_id: str, *, any_script: bool = False) -> Reason | None:
    """Return the reason why a session id cannot be used, or None.

    Langfuse and InteractiveAI document the rule of US-ASCII; other dialects allow any script."""
    if is_placeholder(session_id):
        return Reason.SESSION_ID_PLACEHOLDER
    if is_response_id(session_id):
        return Reason.SESSION_ID_OF_RESPONSE
    if not session_id.isascii() and not any_script:
        return Reason.SESSION_ID_NOT_ASCII
    if len(session_id) > MAX_ID_CHARACTERS:
        return Reason.SESSION_ID_TOO_LONG
    return None if session_id.isprintable() or not any(map(_is_control, session_id)) else Reason.SESSION_ID_NOT_ASCII


def in_one_form(sent: str) -> str:
    """Return an id without spaces around it and in Unicode's form C, so that an id that looks the same is the same."""
    bare = sent.strip()
    return bare if bare.isascii() else normalized("NFC", bare)


def _is_control(character: str) -> bool:
    return category(character) in CONTROLS and character not in JOINERS
