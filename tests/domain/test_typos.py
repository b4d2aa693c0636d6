import pytest

from domain.typos import likely_address


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ann@gmial.com", "ann@gmail.com"),
        ("Ann.Example@GMAIL.CON", "Ann.Example@gmail.com"),
        ("ann@gmai.com", "ann@gmail.com"),
        ("ann@hotmial.co.uk", "ann@hotmail.co.uk"),
        ("ann@hotmail.co.ku", "ann@hotmail.co.uk"),
        ("ann@yaho.co.uk", "ann@yahoo.co.uk"),
        ("ann@outlok.com", "ann@outlook.com"),
        ("ann@iclod.com", "ann@icloud.com"),
        ("ann@btintenet.com", "ann@btinternet.com"),
        ("head@oakfield.exampleshire.sch.ukk", "head@oakfield.exampleshire.sch.uk"),
        ("sen@exampleshire.gov.u", "sen@exampleshire.gov.uk"),
        ("jo@charity.con", "jo@charity.com"),
    ],
)
def test_what_was_likely_meant(typed: str, meant: str) -> None:
    assert likely_address(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "ann@gmail.com",
        "ann@GMAIL.com",
        "ann@mail.com",
        "ann@ymail.com",
        "ann@fastmail.com",
        "ann@me.com",
        "ann@gmx.com",
        "ann@family.example",
        "head@oakfield.sch.uk",
        "sen@westshire.gov.uk",
        "ann@",
        "@gmial.com",
        "gmial.com",
        "",
    ],
)
def test_nothing_is_suggested_where_nothing_looks_wrong(typed: str) -> None:
    assert likely_address(typed) == ""
