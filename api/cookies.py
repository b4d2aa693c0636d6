"""Every cookie of ours: no script reads it, no other site's form sends it, and with https it travels over nothing
else."""

from fastapi import Response

from api.services import Services


def keep_cookie(
    services: Services, answer: Response, name: str, value: str, path: str, seconds: int | None = None
) -> None:
    """A cookie for the pages below `path`; None: until the browser is closed."""
    secure = services.settings.over_https
    answer.set_cookie(name, value, max_age=seconds, path=path, secure=secure, httponly=True, samesite="lax")


def drop_cookie(services: Services, answer: Response, name: str, path: str) -> None:
    answer.delete_cookie(name, path=path, secure=services.settings.over_https, httponly=True, samesite="lax")
