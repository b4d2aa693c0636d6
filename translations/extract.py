"""Every sentence that is to be translated, found in the source; and the catalogues brought up to date with it:
`python -m translations.extract` (make translations). What is new there waits for a translator, what is gone leaves."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from domain.languages import WHOLE, Language
from translations import FOLDER, TRANSLATED, catalogue_of

ROOT = FOLDER.parent
IN_PYTHON: dict[str, Any] = {"tr": None, "marked": None, "tr_many": (1, 2)}
IN_TEMPLATES: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2)}
_TEMPLATE_OPTIONS = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}


def source() -> Catalog:
    """All sentences, with the files in which they stand."""
    found = Catalog(charset="utf-8")
    for path in sorted([*ROOT.glob("api/**/*.py"), *ROOT.glob("domain/**/*.py"), *ROOT.glob("letters/**/*.py")]):
        _add(found, path, extract_from_file("python", path, IN_PYTHON))
    for path in sorted(ROOT.glob("api/templates/**/*.html")):
        _add(found, path, extract_from_file("jinja2", path, IN_TEMPLATES, options=_TEMPLATE_OPTIONS))
    return found


def _add(found: Catalog, path: Path, sentences: Iterable[tuple[int, Any, list[str], str | None]]) -> None:
    for _, message, _, _ in sentences:
        found.add(message, locations=[(str(path.relative_to(ROOT)), 0)])


def renewed(language: Language) -> Catalog:
    """The catalogue with every sentence of the source; in a language in which not everything is said, with those that
    it has."""
    known, wanted = catalogue_of(language), source()
    if language not in WHOLE:
        for message in list(wanted):
            if message.id and message.id not in known:
                wanted.delete(message.id)
    known.update(wanted, no_fuzzy_matching=True)
    return known


_HEADER = """msgid ""
msgstr ""
"Language: {code}\\n"
"Plural-Forms: {plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def as_file(language: Language) -> bytes:
    """As it is kept: without the dates and names of gettext's own header, which change though no sentence does."""
    catalogue, body = renewed(language), io.BytesIO()
    write_po(body, catalogue, 118, omit_header=True, sort_output=True, ignore_obsolete=True, include_lineno=False)
    return _HEADER.format(code=language, plural_forms=catalogue.plural_forms).encode() + body.getvalue()


if __name__ == "__main__":
    for one in TRANSLATED:
        (FOLDER / f"{one}.po").write_bytes(as_file(one))
