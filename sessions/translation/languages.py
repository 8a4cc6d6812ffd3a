"""Languages by their BCP 47 tags: names, directions of writing, and the reader's preference."""

from collections.abc import Iterable

from django.conf.locale import LANG_INFO

LANGUAGE_NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "bs": "Bosnian", "ca": "Catalan", "cs": "Czech",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian",
    "eu": "Basque", "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish", "gl": "Galician",
    "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian",
    "is": "Icelandic", "it": "Italian", "ja": "Japanese", "kn": "Kannada", "ko": "Korean", "lt": "Lithuanian",
    "lv": "Latvian", "ml": "Malayalam", "ms": "Malay", "nb": "Norwegian", "nl": "Dutch", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian",
    "sr": "Serbian", "sv": "Swedish", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
# How others spell them: older codes, and what language identification tells apart more finely than engines do.
SAME = {"no": "nb", "nn": "nb", "wuu": "zh", "yue": "zh", "iw": "he", "in": "id", "pb": "pt", "zt": "zh", "arz": "ar"}
DEFAULT = "en"


def tag(code: str) -> str:
    """Return the tag that Confab uses, such as `pt` for `pt_BR`, or "" for an unknown language."""
    primary = code.strip().lower().replace("_", "-").partition("-")[0]
    primary = SAME.get(primary, primary)
    return primary if primary in LANGUAGE_NAMES else ""


def name_of(code: str) -> str:
    """Return the English name of a language."""
    return LANGUAGE_NAMES.get(code, code)


def own_name_of(code: str) -> str:
    """Return what a language calls itself, such as `Português`; its English name if that is not known."""
    found = LANG_INFO.get("zh-hans" if code == "zh" else code, {}).get("name_local", "") or name_of(code)
    return found[:1].upper() + found[1:]


def direction(code: str) -> str:
    """Return `rtl` or `ltr`."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"


def wanted(accept_language: str, choices: Iterable[str] = ()) -> str:
    """Return the best language of an Accept-Language header, among `choices` if there are any."""
    allowed = set(choices) or set(LANGUAGE_NAMES)
    weighed = []
    for place, entry in enumerate(accept_language.split(",")[:20]):
        code, _, weight = entry.partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            quality = 0.0
        if (known := tag(code)) in allowed and quality > 0:
            weighed.append((-quality, place, known))
    return min(weighed)[2] if weighed else DEFAULT
