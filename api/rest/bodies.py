"""What is sent to the JSON door, and how a command's one flat body becomes a command and its words."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.json_schema import models_json_schema

from api.intake import Intake, NoSuchPolicy, implausible
from api.rest.examples import EXAMPLES
from api.rest.problems import FieldError, field_errors, not_taken
from domain.commands import Actor, ChangePolicy, Command, Texts
from domain.referral import AnotherMatter, ReferralForm
from domain.text import Email, Line, Name, Reference, Words
from domain.venues import MOST_PENCE

ENVELOPE = ("id", "case_id", "actor", "at")  # said by the request itself, not by its body


class ReferralBody(ReferralForm):
    """A referral. The first party is the referrer; the child's name and all contact details stay in the case file."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLES["refer"]]})
    not_a_duplicate_of: list[Reference] = Field(
        default=[],
        max_length=50,
        description="cases that a 409 named as likely about the same child, and that are another matter",
    )
    why_another_matter: Words = Field("", description="needed with not_a_duplicate_of; kept with the case")
    split_from: Reference | Literal[""] = Field(
        "", description="the case out of which this one is opened: it goes on unchanged, and the two are linked"
    )

    @model_validator(mode="after")
    def _says_why(self) -> "ReferralBody":
        if self.not_a_duplicate_of and not self.why_another_matter:
            raise ValueError("say in why_another_matter why this is another matter")
        return self

    def form(self) -> ReferralForm:
        """The referral itself."""
        return ReferralForm.model_validate(self.model_dump(include=set(ReferralForm.model_fields)))

    def another(self) -> AnotherMatter | None:
        """What was decided about the cases named; None: nothing."""
        refs = self.not_a_duplicate_of
        return AnotherMatter(references=refs, why=self.why_another_matter) if refs else None


class MediatorBody(BaseModel):
    """A new member of the panel, or a renewed registration of one."""

    model_config = ConfigDict(extra="forbid")
    name: Name = Field(examples=["Priya Shah"])
    email: Email = Field(min_length=3, examples=["priya.shah@service.example"])
    professional_body: Name = Field(examples=["Civil Mediation Council"])
    registered_until: date = Field(examples=["2027-12-31"])
    trained_in_sen_law: bool = True


class VenueBody(BaseModel):
    """A place for joint meetings; `owner` is the organisation whose house it is, and no party to a meeting there."""

    model_config = ConfigDict(extra="forbid")
    name: Name = Field(examples=["Exampleton Library, meeting room 2"])
    address: Name = Field(examples=["2 Market Street, Exampleton EX1 2AB"])
    owner: Line = Field("", examples=["Exampleshire County Council"])
    access: Line = Field("", examples=["Step-free, hearing loop, a quiet room"])
    rooms: Line = Field("", examples=["One for twelve, and two small ones"])
    cost: int | None = Field(None, ge=0, le=MOST_PENCE, examples=[4500], description="of half a day, in pence; 0: free")


async def parse(
    kind: type[Command], body: dict[str, Any], intake: Intake, *, id: str, case_id: str, actor: Actor, at: datetime
) -> tuple[Command, Texts]:
    """The command and its words. Problem 422: unknown fields, or fields that cannot be taken, by name."""
    its_own = set(kind.model_fields) - set(ENVELOPE)
    words = {name: value for name, value in body.items() if name in kind.texts.model_fields}
    codes: dict[str, Any] = {name: value for name, value in body.items() if name in its_own}
    errors = [
        FieldError(field=name[:60], problem=f"is not a field of {kind.kind()}")
        for name in body
        if name not in its_own and name not in kind.texts.model_fields
    ]
    if kind is ChangePolicy and "policy" in codes:  # by name: its ladders are not typed in from outside
        try:
            codes["policy"] = await intake.policy(str(codes["policy"]))
        except NoSuchPolicy as unknown:
            errors.append(FieldError(field="policy", problem=str(unknown)))
            del codes["policy"]
    command, texts = None, None
    try:
        command = kind.model_validate({**codes, "id": id, "case_id": case_id, "actor": actor, "at": at})
    except ValidationError as error:
        errors += [e for e in field_errors(error) if e.field not in {known.field for known in errors}]
    try:
        texts = kind.texts.model_validate(words)
    except ValidationError as error:
        errors += field_errors(error)
    if command is not None and (field := implausible(command, at)):
        errors.append(FieldError(field=field, problem="holds something that cannot be right"))
    if errors or command is None or texts is None:
        raise not_taken(errors)
    return command, texts


def body_schemas(kinds: dict[str, type[Command]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """JSON schemas of the commands' bodies by kind, and of what they refer to."""
    models: list[type[BaseModel]] = [*kinds.values(), *{kind.texts: None for kind in kinds.values()}]
    refs, whole = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    shared: dict[str, Any] = whole["$defs"]
    own = {model: shared.pop(refs[model, "validation"]["$ref"].rpartition("/")[2]) for model in models}
    for ours in ("Actor", "Policy", "Rung", "Do", "StaffRole"):  # of the envelope and of a policy, sent by name
        shared.pop(ours, None)
    bodies: dict[str, Any] = {}
    for name, kind in kinds.items():
        command, texts = own[kind], own[kind.texts]
        properties = {
            **{field: schema for field, schema in command["properties"].items() if field not in ENVELOPE},
            **texts["properties"],
        }
        if kind is ChangePolicy:
            properties["policy"] = {"type": "string", "title": "Policy", "description": "the policy's name"}
        required = [field for field in [*command["required"], *texts.get("required", [])] if field not in ENVELOPE]
        bodies[name] = {
            "type": "object",
            "title": kind.title,
            "description": command.get("description", ""),
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
            "examples": [EXAMPLES[name]],
        }
    return bodies, shared
