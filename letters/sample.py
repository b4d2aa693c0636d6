"""A case on which everything has been said once: what letters are tried on before they go to anybody. A parent, a
school with two people, and a local authority; nobody in it exists."""

from datetime import UTC, date, datetime

from domain.commands import How, Slot, Term
from domain.journey import Action, Agreement, Journey, Meeting, MeetingStatus, OpenAsk, Signature
from domain.papers import Paper, PaperText, PaperView
from domain.parties import Party, PartyRole, Person, PersonRole
from domain.policy import Policy
from domain.referral import Child, PersonDetails
from domain.stages import Stage
from domain.view import CaseView, PartyView, PersonView, StaffView, VenueView

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
CHILD = "Zebedee Quill"
ACCESS = "step-free, hearing loop, a quiet room"
SLOT = Slot(start=datetime(2026, 12, 3, 10, 0, tzinfo=UTC), minutes=90)


def party(key: str, role: PartyRole, organisation: str, *people: tuple[str, str, PersonRole]) -> PartyView:
    """`people`: name, address and role of each."""
    return PartyView(
        key=key,
        role=role,
        organisation=organisation,
        people=[
            PersonView(
                key=f"{key}.{n}",
                party=key,
                role=person_role,
                details=PersonDetails(name=name, email=email, role=person_role),
            )
            for n, (name, email, person_role) in enumerate(people, 1)
        ],
    )


def sample_case(**journey: object) -> CaseView:
    """Anything of the journey can be given; the rest is a case on which everything has been said once."""
    parties = [
        party("p1", PartyRole.PARENT, "", ("Ann Example", "ann@family.example", PersonRole.LEAD)),
        party(
            "p2",
            PartyRole.SCHOOL,
            "Oakfield School",
            ("Sam Head", "head@oakfield.example", PersonRole.LEAD),
            ("Kim Senco", "senco@oakfield.example", PersonRole.IN_COPY),
        ),
        party("p3", PartyRole.LOCAL_AUTHORITY, "Westshire Council", ("Pat Officer", "pat@la.example", PersonRole.LEAD)),
    ]
    state: dict[str, object] = {
        "parties": [
            Party(key=p.key, role=p.role, people=[Person(key=one.key, role=one.role) for one in p.people])
            for p in parties
        ],
        "stage": Stage.CONSENT,
        "contacted": ["p1", "p2", "p3"],
        "mediator": "m1",
        "meetings": [
            Meeting(
                key="visit/p1/1",
                party="p1",
                status=MeetingStatus.BOOKED,
                offered=[SLOT],
                slot=SLOT,
                offer_command="offer1",
                sequence=2,
            ),
            Meeting(
                key="joint_meeting/1",
                status=MeetingStatus.BOOKED,
                slot=SLOT,
                venue="v1",
                half_days=["2026-12-07/am", "2026-12-07/pm"],
            ),
        ],
        "asks": [
            OpenAsk(key="comments/p2/1", of="p2", asked=NOW),
            OpenAsk(key="acceptance/1", of="mediator", asked=NOW),
        ],
        "agreement": Agreement(
            version=1,
            command="write1",
            terms=[Term(owner="p2", by=date(2027, 1, 15))],
            meeting="joint_meeting/1",
            written=NOW,
        ),
        "signatures": [Signature(party="p2", at=NOW, how=How.LINK, version=1, by="p2.1", command="sign1")],
        "papers": [Paper(key="paper1", of="p1.1", given=NOW, check="clean")],
        "actions": [Action(number=1, owner="p2", by=date(2027, 1, 15))],
        **journey,
    }
    return CaseView(
        id="c1",
        reference="SM-2026-00042",
        route="disagreement_resolution",
        created=NOW,
        child=Child(name=CHILD),
        about="support with reading",
        parties=parties,
        coordinator=StaffView(id="s1", name="Jo Coordinator", email="jo@service.example"),
        mediator=StaffView(id="m1", name="Max Mediator", email="max@panel.example"),
        policy=Policy(),
        journey=Journey.model_validate(state),
        venues={"v1": VenueView(id="v1", name="Town Hall", address="1 High Street", access=ACCESS)},
        texts={
            "sign1": {"said_by": "Sam Head"},
            "offer1": {"place": "Library, Room 2"},
            "write-1": {"message": "The room has changed. Please come to the side door."},
            "write1": {"what": ["The school gives five hours of help a week"], "wishes": ""},
        },
        papers={
            "paper1": PaperView(
                key="paper1",
                media_type="application/pdf",
                size=80_000,
                text=PaperText(name="scan.pdf", title="Report of the therapist"),
            )
        },
    )
