"""Steps of a voice agent that hear and speak. They may name a model, but no language model answers in them."""

import re

from tracing.records import Kind, SpanRecord

NAME_WORD_PATTERN = re.compile(r"[a-z]+")
TRANSCRIPTION_WORDS = frozenset({"stt", "asr", "transcribe", "transcription", "transcriptions", "whisper"})
SPEECH_WORDS = frozenset({"tts", "synthesize", "synthesis"})
KIND_BY_PHRASE = {
    "speech to text": Kind.TRANSCRIPTION,
    "speech recognition": Kind.TRANSCRIPTION,
    "text to speech": Kind.SPEECH,
    "audio speech": Kind.SPEECH,
}
KIND_BY_VOICE_OPERATION = {
    **dict.fromkeys(("stt", "asr", "speech_to_text", "transcribe", "transcription"), Kind.TRANSCRIPTION),
    **dict.fromkeys(("tts", "text_to_speech", "speech", "speech_synthesis"), Kind.SPEECH),
}
MAX_NAME_READ = 200  # characters


def voice_kind(*names: str | None) -> Kind | None:
    """Return whether a step that names a model hears or speaks, by the words in its name and in that of its model."""
    for name in names:
        words = NAME_WORD_PATTERN.findall((name or "")[:MAX_NAME_READ].lower())
        if not TRANSCRIPTION_WORDS.isdisjoint(words):
            return Kind.TRANSCRIPTION
        if not SPEECH_WORDS.isdisjoint(words):
            return Kind.SPEECH
        spelled = " ".join(words)
        if kind := next((kind for phrase, kind in KIND_BY_PHRASE.items() if phrase in spelled), None):
            return kind
    return None


def put_words_on_their_side(record: SpanRecord) -> None:
    """Let the words of a step be its input where they were heard, and its output where they were spoken.

    Libraries put them on the other side: the words that a step turns into sound are its argument."""
    is_other = record.output is not None if record.kind == Kind.TRANSCRIPTION else record.input is not None
    if is_other:
        record.input, record.output = record.output, record.input
