"""PDFs, typeset by typst from a template and data. Words come as data and are never read as markup."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
import typst

TEMPLATES = Path(__file__).parent / "typst"

# Read by everyone (PDF/UA-1) and kept for years (PDF/A-2a). Both ask for a glyph for every character, and the fonts
# inside typst know Latin, Greek and Cyrillic. Then the machine's fonts help, and at last a name with an empty box in
# it is better than no letter.
ACCESSIBLE: list[Any] = ["ua-1", "a-2a"]
OUR_FONTS = typst.Fonts(include_system_fonts=False)

log = structlog.get_logger(__name__)


class NotTypeset(Exception):
    """The page cannot be made, with whatever fonts. The text quotes nothing."""


def typeset(name: str, page: dict[str, Any], at: datetime) -> bytes:
    """The PDF of `<name>.typ`, which reads its data as JSON from the input `name`. The same bytes for the same page:
    its date is `at`, and only fonts that travel with us are used unless they lack a character. NotTypeset."""
    attempts: list[tuple[typst.Fonts, list[Any]]] = [
        (OUR_FONTS, ACCESSIBLE),
        (typst.Fonts(), ACCESSIBLE),
        (typst.Fonts(), []),
    ]
    for fonts, standards in attempts:
        try:
            compiler = typst.Compiler(TEMPLATES / f"{name}.typ", font_paths=fonts, sys_inputs={name: json.dumps(page)})
            pdf = compiler.compile(format="pdf", pdf_standards=standards, timestamp=int(at.timestamp()))
        except typst.TypstError:  # its message quotes the text: not for logs
            continue
        if (fonts, standards) != attempts[0]:
            log.warning("a document was typeset with other fonts", document=name, standards=standards)
        assert isinstance(pdf, bytes)
        return pdf
    raise NotTypeset(name)
