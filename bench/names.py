"""Made-up people for cases that are only there to be many."""

import random

from domain.parties import PartyRole
from domain.referral import Child, PartyDetails, PersonDetails, ReferralForm

FIRST = (
    "Ada", "Amir", "Anya", "Bea", "Ben", "Carl", "Cleo", "Dara", "Dev", "Edie", "Elis", "Esme", "Ezra", "Faye",
    "Finn", "Gia", "Hal", "Ines", "Iris", "Jago", "Joss", "Kit", "Lena", "Leo", "Lila", "Luca", "Mae", "Milo", "Nell",
    "Niko", "Omar", "Opal", "Otto", "Pia", "Quin", "Rafe", "Remy", "Rosa", "Sami", "Suki", "Tara", "Theo", "Una",
    "Vera", "Wim", "Xena", "Yara", "Zack", "Zoe",
)  # fmt: skip
LAST_BEGINS = (
    "Ash", "Beck", "Black", "Bram", "Brook", "Cald", "Cross", "Dal", "East", "Fair", "Gold", "Green", "Hart", "Hol",
    "Kirk", "Lang", "Marsh", "North", "Oak", "Rose",
)  # fmt: skip
LAST_ENDS = (
    "bourne", "bury", "by", "croft", "den", "field", "ford", "gate", "ham", "hurst", "land", "ley", "more", "stead",
    "stone", "ton", "well", "wick", "wood", "worth",
)  # fmt: skip
ORGANISATIONS = ("Oakfield School", "Hillside Academy", "St Hilda's Primary School", "Riverside College")


def referral(number: int, chance: random.Random, policy: str = "standard") -> ReferralForm:
    """A parent, a school and the local authority; addresses are different for each number."""
    family = chance.choice(LAST_BEGINS) + chance.choice(LAST_ENDS)
    parent, head, officer = (
        PersonDetails(name=f"{chance.choice(FIRST)} {last}", email=f"{part}.{number}@people.example")
        for part, last in (("parent", family), ("head", chance.choice(LAST_BEGINS)), ("officer", "Officer"))
    )
    return ReferralForm(
        child=Child(name=f"{chance.choice(FIRST)} {family}"),
        about="The support in class that the plan names.",
        policy=policy,
        parties=[
            PartyDetails(role=PartyRole.PARENT, people=[parent]),
            PartyDetails(role=PartyRole.SCHOOL, organisation=chance.choice(ORGANISATIONS), people=[head]),
            PartyDetails(role=PartyRole.LOCAL_AUTHORITY, organisation="Westshire Council", people=[officer]),
        ],
    )
