"""How the child is to be heard at the joint meeting: asked at the family's initial visit (leaflet: "the child's wishes
and feelings")."""

from enum import StrEnum


class ChildsVoice(StrEnum):
    """The ways; words about it (through whom, say) stand with the command that recorded it."""

    ATTENDS = "attends"
    PART = "part"  # there for a part of the meeting
    OWN_WORDS = "own_words"  # in writing, a drawing, a recording
    SOMEBODY = "somebody"  # somebody the child trusts speaks for them
    PARENT = "parent"
    NOT_HEARD = "not_heard"  # the child does not wish to be heard
    UNDECIDED = "undecided"
