"""What tests tell of: the sample case of letters/sample.py, and referrals that are taken in."""

from datetime import datetime

from casefile.cases import Cases, derived_id
from casefile.database import Database
from domain.commands import Actor
from domain.journey import CaseStart
from domain.parties import PartyRole
from domain.policy import Policy
from domain.referral import Child, PartyDetails, PersonDetails, ReferralForm
from letters.rendering import Service
from letters.sample import ACCESS, CHILD, NOW, SLOT, party, sample_case

__all__ = ["ACCESS", "CHILD", "NOW", "SERVICE", "SLOT", "added", "opened", "party", "sample_case", "sample_referral"]

SERVICE = Service(
    name="SEN Mediation Service",
    phone="01632 960 100",
    email="mediation@service.example",
    address="1 Example Street",
    public_url="https://mediation.example",
)


async def added(database: Database, *rows: object) -> None:
    """Rows of any tables, in their order: a later one may point to an earlier one."""
    async with database.write() as session:
        for row in rows:
            session.add(row)
            await session.flush()


async def opened(
    cases: Cases, form: ReferralForm, command_id: str, actor: Actor, coordinator: str, policy: Policy, at: datetime
) -> CaseStart:
    """A referral that was taken in, and what its workflow would begin with."""
    await cases.take_in(form, command_id, actor, coordinator, policy, at)
    return await cases.start_of(derived_id("case", command_id))


def sample_referral(school: str = "Sam", school_email: str = "sam@oakfield.example") -> ReferralForm:
    """Zebedee's parent refers; a school is the other party."""
    return ReferralForm(
        child=Child(name=CHILD),
        about="Speech and language therapy",
        parties=[
            PartyDetails(role=PartyRole.PARENT, people=[PersonDetails(name="Ann", email="ann@family.example")]),
            PartyDetails(
                role=PartyRole.SCHOOL,
                organisation="Oakfield School",
                people=[PersonDetails(name=school, email=school_email)],
            ),
        ],
    )
