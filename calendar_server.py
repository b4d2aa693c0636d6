"""The one place that opens a connection to the calendar server (CalDAV), by its address."""

from urllib.parse import urlsplit

from caldav.async_davclient import AsyncDAVClient


def calendar_client(url: str, timeout: int = 10) -> AsyncDAVClient:
    """A client for one short use: `async with calendar_client(url) as client`. `timeout` is for each request. It signs
    in at once (basic): asked without a password, Radicale lets everyone wait a second for the answer "who are you?"."""
    auth_type = "basic" if urlsplit(url).username else None
    return AsyncDAVClient(url=url, timeout=timeout, auth_type=auth_type, enable_rfc6764=False)


async def calendar_answers(url: str) -> bool:
    """Is the server there, and does it let us in?"""
    try:
        async with calendar_client(url, timeout=3) as client:
            response = await client.propfind(props=["{DAV:}current-user-principal"])
    except Exception:  # whatever is wrong, /health says no
        return False
    return bool(response.status == 207)
