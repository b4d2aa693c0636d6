"""What goes wrong at the JSON door, as problem+json (RFC 9457). What was sent is never echoed: it may hold secrets."""

import json
import traceback
from collections.abc import Callable, Coroutine, Iterable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from api.intake import NoSuchPolicy
from casefile.cases import NoSuchCase
from casefile.commands import StoredElsewhere
from casefile.vault import Erased

log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 50


class FieldError(BaseModel):
    """One field that cannot be taken as it is."""

    field: str = Field(examples=["parties.1.people.0.email"])
    problem: str = Field(examples=["must be an e-mail address, such as name@example.org"])


class ProblemDetails(BaseModel):
    """Why a request was not done, for people (`detail`) and programs (`status`, `errors`)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] = Field(default_factory=list)


class Problem(Exception):
    """Ends a request with problem+json."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers, self.more = status, detail, list(errors), headers, more

    def response(self) -> Response:
        body = ProblemDetails(
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            errors=self.errors[:_MOST_ERRORS],
        )
        fields = {**body.model_dump(exclude=None if self.errors else {"errors"}), **self.more}
        # ASCII: half of a surrogate pair in a field's name must not break the answer
        return Response(json.dumps(fields).encode("ascii"), self.status, self.headers, MEDIA_TYPE)


def invalid(error: ValidationError | RequestValidationError) -> Problem:
    """422, with the fields by name."""
    return not_taken(field_errors(error))


def not_taken(errors: list[FieldError]) -> Problem:
    """422, with the fields by name."""
    named = "; ".join(f"{error.field}: {error.problem}" if error.field else error.problem for error in errors[:3])
    more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    return Problem(422, f"Nothing was done. {named}{more}.", errors=errors)


def field_errors(error: ValidationError | RequestValidationError) -> list[FieldError]:
    """What pydantic found, in our words and without what was sent."""
    return [
        FieldError(
            field=".".join(str(part)[:60] for part in problem["loc"] if part not in ("body", "query", "path"))[:300],
            problem=_said(problem),
        )
        for problem in error.errors()
    ]


def _said(problem: Mapping[str, Any]) -> str:
    match problem["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not a field of this request"
        case "json_invalid":
            return "the body is not valid JSON"
    said = str(problem["msg"]).removeprefix("Value error, ")
    return said[:1].lower() + said[1:]


class ProblemRoute(APIRoute):
    """A route whose every failure is problem+json."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        original = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await original(request)
            except Exception as error:
                return _problem(error, request).response()

        return handle


def _problem(error: Exception, request: Request) -> Problem:
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return invalid(error)
        case HTTPException():
            return Problem(error.status_code, str(error.detail), headers=error.headers)
        case NoSuchCase():
            return Problem(404, "There is no case of this reference.")
        case Erased():
            return Problem(410, "The personal data of this case was erased; only its statistics are left.")
        case NoSuchPolicy():
            return not_taken([FieldError(field="policy", problem=str(error))])
        case StoredElsewhere():
            return Problem(422, "This Idempotency-Key was used before, for something else. Send a new one.")
    route, last = request.scope.get("route"), traceback.extract_tb(error.__traceback__)[-1]
    log.error(  # no message: a database's or a validator's may quote what was sent
        "the JSON door failed",
        method=request.method,
        route=getattr(route, "path", ""),
        error=type(error).__name__,
        at=f"{last.filename}:{last.lineno}",
    )
    return Problem(500, "A fault on our side. Nothing is known to be done; send the same request again.")
