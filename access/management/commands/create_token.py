"""`manage.py create_token`: let a client in."""

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from access.models import Scope
from access.services import LASTS, create_token

LONGEST = 36_500


class Command(BaseCommand):
    help = "Make a token for a client of the API and print it: once, for only its digest is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("owner", metavar="OWNER", help="whose it is, such as a system or a device")
        parser.add_argument("--scope", choices=Scope.values, required=True, help="; ".join(map(str, Scope.labels)))
        parser.add_argument("--courier", type=int, metavar="ID", help="of the scope courier: who he is")
        lasts = parser.add_mutually_exclusive_group()
        lasts.add_argument(
            "--days", type=days, default=LASTS.days, metavar="N", help=f"how long it lasts; {LASTS.days}"
        )
        lasts.add_argument("--no-expiry", action="store_true", help="it lasts until it is revoked")

    def handle(self, *args: Any, **options: Any) -> None:
        expires_at = None if options["no_expiry"] else timezone.now() + timedelta(days=options["days"])
        try:
            token, secret = create_token(
                owner=options["owner"], scope=options["scope"], courier_id=options["courier"], expires_at=expires_at
            )
        except ValidationError as fault:
            faults = fault.message_dict.items()
            told = [
                " ".join(said) if name == NON_FIELD_ERRORS else f"{name}: {' '.join(said)}" for name, said in faults
            ]
            raise CommandError(" ".join(told)) from None
        until = "until it is revoked" if token.expires_at is None else f"until {token.expires_at:%Y-%m-%d %H:%M} UTC"
        self.stderr.write(f"Token {token.token_id} of {token.owner}, {token.scope}, {until}. It is shown this once:")
        self.stdout.write(secret)


def days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LONGEST:
        raise ArgumentTypeError(f"must be a whole number from 1 to {LONGEST}, not {text!r}")
    return int(text)
