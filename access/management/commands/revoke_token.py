"""`manage.py revoke_token`: let a client in no longer."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from access.services import NoSuchToken, revoke_token


class Command(BaseCommand):
    help = "Revoke tokens, by their numbers in list_tokens: they open nothing any more, at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("token_ids", type=int, nargs="+", metavar="NUMBER")

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = []
        for token_id in options["token_ids"]:
            try:
                token = revoke_token(token_id=token_id, now=timezone.now())
            except NoSuchToken as fault:
                unknown.append(str(fault))
            else:
                self.stdout.write(f"token {token_id} of {token.owner}: revoked")
        if unknown:
            raise CommandError(" ".join([*unknown, "See list_tokens."]))
