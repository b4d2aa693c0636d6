"""What people may type as an address."""

from email.errors import MessageError
from email.headerregistry import Address
from random import Random

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.text import Email, Line, Words

EMAIL, LINE, WORDS = TypeAdapter(Email), TypeAdapter(Line), TypeAdapter(Words)


def taken(adapter: TypeAdapter[str], text: str) -> bool:
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True


def by_the_parser(text: str) -> bool:
    try:
        return "." in Address(addr_spec=text).domain.strip(".")
    except (ValueError, IndexError, AttributeError, MessageError):
        return False


def test_plain_addresses_are_those_that_the_parser_takes() -> None:
    """Nearly all addresses are told by one pattern; it must not take what mail would not."""
    chance = Random(1)
    made_up = {
        "".join(chance.choices("ab0.@-_+'=?!\"()<>[] ,;:", [9, 9, 5, 9, 9, *[1] * 18], k=8)) for _ in range(20_000)
    }
    one_line = [text for text in made_up if text == text.strip() and "=?" not in text]
    assert [text for text in one_line if taken(EMAIL, text) != by_the_parser(text)] == []
    assert sum(map(by_the_parser, one_line)) > 20


@pytest.mark.parametrize("text", ["_0@[:a!)", "jo@[", "jo", "@family.example", "jo@family", "jo@family.example."])
def test_what_is_no_address_is_refused_and_stops_nobody(text: str) -> None:
    assert not taken(EMAIL, text)  # over the first one the parser itself stumbles


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u202e", "\u2028", "\ud800"])
def test_characters_that_hide_what_a_text_says_are_refused(hidden: str) -> None:
    assert not taken(LINE, f"Maya{hidden}Whitfield")
    assert not taken(WORDS, f"Maya{hidden}Whitfield")


@pytest.mark.parametrize("text", ["Zoë O’Brien", "می‌خواهم", "日本\u3000語"])
def test_names_of_every_script_are_taken(text: str) -> None:
    assert taken(LINE, text)
    assert taken(WORDS, f"{text}\r\n\tand more")
    assert not taken(LINE, f"{text}\nand more")
