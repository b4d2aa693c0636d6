"""The service's own commands: python cli.py --help"""

import argparse
import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from logs import configure_logging
from processes import finish
from settings import Settings, SettingsRefused, load_settings

Command = Callable[[Settings, argparse.Namespace], int]
FIRST_MANAGER = "manager@service.example"


# Imports stand inside the commands, so that each starts fast and needs only its own parts.


def up(settings: Settings, args: argparse.Namespace) -> int:
    """start everything on this machine, and supervise it"""
    import stack

    only = tuple(args.only) if args.only else None
    signs_in = only is None or "api" in only
    return asyncio.run(stack.up(settings, only, first_sign_in if signs_in else None))


async def first_sign_in(settings: Settings) -> str:
    """The sign-in of a new service, shown this once; "" for one that has its staff already."""
    from casefile.database import Database
    from casefile.staff import StaffAccounts

    database = Database(settings.database_url)
    password = await StaffAccounts(database).create_first_manager("First Manager", FIRST_MANAGER, datetime.now(UTC))
    await database.close()
    if password is None:
        return ""
    return (
        f"\nThe first sign-in, shown only now: {FIRST_MANAGER} with the password {password}\n"
        "It is a manager's and coordinator's. Mediators and other staff are added on the pages Panel and Staff."
    )


def demo(settings: Settings, args: argparse.Namespace) -> int:
    """play three cases with simulated people, in under 90 seconds"""
    import demo as played
    import stack

    async def run() -> int:
        async with stack.Stack(settings):
            sign_in = await first_sign_in(settings)
            well = await played.play(settings)
        print(f"{sign_in}\n`make run` shows the three cases at {settings.public_url}.")
        return 0 if well else 1

    try:
        return asyncio.run(run())
    except stack.StackFailed as failure:
        print(failure, file=sys.stderr)
        return 1


def user(settings: Settings, args: argparse.Namespace) -> int:
    """staff accounts: user add NAME EMAIL ROLE [ROLE ...] | user password EMAIL | user second-step EMAIL |
    user token EMAIL | user list"""
    from casefile.database import Database
    from casefile.second_factors import SecondFactors
    from casefile.staff import EmailTaken, StaffAccounts
    from casefile.vault import Vault
    from domain.commands import StaffRole

    async def run() -> int:
        database = Database(settings.database_url)
        accounts = StaffAccounts(database)
        now = datetime.now(UTC)
        match args.act, args.words:
            case "add", [name, email, *roles] if roles and set(roles) <= set(StaffRole):
                try:
                    _, password = await accounts.create(name, email, [StaffRole(role) for role in roles], now)
                except EmailTaken:
                    print(f"There is an account for {email} already.", file=sys.stderr)
                    return 1
                print(f"{email} signs in with the password {password} (shown only now).")
            case "list", []:
                for member in await accounts.list():
                    print(f"{member.email}  {', '.join(member.roles)}{'' if member.active else '  (not active)'}")
            case "password" | "second-step" | "token", [email]:
                found = await accounts.find(email)
                if found is None:
                    print(f"There is no account for {email}; `cli.py user list` shows all.", file=sys.stderr)
                    return 1
                if args.act == "password":
                    print(
                        f"The new password of {email}, shown only now: {await accounts.new_password_for(found.id, now)}"
                    )
                elif args.act == "second-step":
                    await SecondFactors(database, Vault(settings.vault_master_key())).remove(found.id, now)
                    print(f"{email} signs in without a second step, until it is set up anew.")
                else:
                    print(await accounts.new_token(found.id, "cli", now))
            case _:
                print(f"{user.__doc__}\nRoles: {', '.join(StaffRole)}", file=sys.stderr)
                return 2
        await database.close()
        return 0

    return asyncio.run(run())


def the_style_is_built() -> None:
    """Pages without their style would look broken: whoever starts them reads at once what to do."""
    from api.static_files import NOT_BUILT, STYLE, version

    if not version(STYLE):
        raise SettingsRefused(NOT_BUILT)


def api(settings: Settings, args: argparse.Namespace) -> int:
    """serve the pages and the JSON API"""
    import uvicorn

    from api.app import create_app

    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn stops gracefully, then raises the signal again
        signal.signal(number, lambda *_: None)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.api_port,
        log_config=None,
        access_log=False,  # it would keep the tokens of personal links
        server_header=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=75,  # longer than proxies and clients keep theirs: else one is closed as it is used again
    )
    return 0


def smtp_sink(settings: Settings, args: argparse.Namespace) -> int:
    """receive mail and keep it as files in <VAR_DIR>/mail"""
    from stack.parts import HERE
    from stack.sink import serve

    return asyncio.run(serve(HERE, settings.smtp_port, settings.var_dir / "mail"))


def text_sink(settings: Settings, args: argparse.Namespace) -> int:
    """receive text messages and keep them as files in <VAR_DIR>/texts"""
    from stack.parts import HERE
    from stack.text_sink import serve

    return asyncio.run(serve(HERE, settings.text_port, settings.var_dir / "texts"))


def backup(settings: Settings, args: argparse.Namespace) -> int:
    """copy all that a service on this machine must not lose into a new folder, while it runs: backup FOLDER"""
    from stack import StackFailed
    from stack.backup import back_up, keys_to_keep

    try:
        folder = back_up(settings, args.folder)
    except StackFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"Kept in {folder}. {keys_to_keep(settings)}")
    return 0


def migrate(settings: Settings, args: argparse.Namespace) -> int:
    """bring the database to this version's tables, and index cases that the search does not know yet"""
    from casefile.database import Database
    from casefile.finding import index_cases
    from casefile.migrate import upgrade
    from casefile.vault import Vault

    async def index() -> int:
        database = Database(settings.database_url)
        try:
            return await index_cases(database, Vault(settings.vault_master_key()))
        finally:
            await database.close()

    settings.var_dir.mkdir(parents=True, exist_ok=True)  # where SQLite keeps its file
    upgrade(settings.database_url)
    if indexed := asyncio.run(index()):
        print(f"Indexed {indexed} {'case' if indexed == 1 else 'cases'} for the search.")
    return 0


def check_migrations(settings: Settings, args: argparse.Namespace) -> int:
    """refuse a history of migrations with more than one head"""
    from casefile.migrate import heads

    found = heads()
    if len(found) == 1:
        print(f"One migration head: {found[0]}")
        return 0
    print(f"Expected one migration head, found {len(found)}: {', '.join(found)}", file=sys.stderr)
    return 1


def prepare_temporal(settings: Settings, args: argparse.Namespace) -> int:
    """make the namespace, register search attributes, and set how long closed cases stay readable in Temporal"""
    from temporalio.service import RPCError, RPCStatusCode

    from temporal_client import RETENTION, SEARCH_ATTRIBUTES, connect, prepare_namespace

    not_ours = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.UNIMPLEMENTED)

    async def prepare() -> int:
        for pause in (0.2, 0.5, 1, 2, 4, 8, 15):  # the server may be starting, or the namespace be new to it
            try:
                await prepare_namespace(await connect(settings))
                return 0
            except (RuntimeError, RPCError) as error:
                problem = error
                if isinstance(error, RPCError) and error.status in not_ours:
                    wanted = ", ".join(f"{name} ({kind})" for name, kind in SEARCH_ATTRIBUTES)
                    print(
                        f"Temporal does not let us prepare the namespace {settings.temporal_namespace} "
                        f"({error.status.name}). Have it made with a retention of {RETENTION.days} days and the search "
                        f"attributes {wanted}.",
                        file=sys.stderr,
                    )
                    return 1
                await asyncio.sleep(pause)
        print(f"Temporal at {settings.temporal_address} cannot be prepared: {problem}", file=sys.stderr)
        return 1

    return asyncio.run(prepare())


COMMANDS: dict[str, Command] = {
    "up": up,
    "demo": demo,
    "user": user,
    "api": api,
    "smtp-sink": smtp_sink,
    "text-sink": text_sink,
    "backup": backup,
    "migrate": migrate,
    "check-migrations": check_migrations,
    "prepare-temporal": prepare_temporal,
}
PARTS = ("temporal", "calendar", "mail", "texts", "worker", "api")  # of stack/parts.py
MAKES_SECRETS = {"up", "demo"}  # development only; the other commands find them, or say what is missing
SHOWS_PAGES = {"up", "demo", "api"}


def main() -> None:
    os.umask(0o077)  # what is written here is for its owner: databases, mail, logs
    parser = argparse.ArgumentParser(prog="cli.py", description="Commands of the mediation service.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    parser_of: dict[str, argparse.ArgumentParser] = {}
    for name, run in COMMANDS.items():
        parser_of[name] = commands.add_parser(name, help=run.__doc__)
    parser_of["up"].add_argument("--only", nargs="+", choices=PARTS, help="just these parts, of everything")
    parser_of["user"].add_argument("act", choices=("add", "password", "second-step", "token", "list"))
    parser_of["user"].add_argument("words", nargs="*")
    parser_of["backup"].add_argument("folder", type=Path, metavar="FOLDER", help="a new one, for this backup alone")
    args = parser.parse_args()
    try:
        settings = load_settings(make_secrets=args.command in MAKES_SECRETS)
        configure_logging(settings.log_level)
        if args.command in SHOWS_PAGES:
            the_style_is_built()
        code = COMMANDS[args.command](settings, args)
    except SettingsRefused as refused:
        print(refused, file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    except Exception:
        traceback.print_exc()
        code = 1
    finish(code)


if __name__ == "__main__":
    main()
