"""`manage.py list_tokens`: who is let in."""

from datetime import datetime
from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from access.models import Token


class Command(BaseCommand):
    help = "List the tokens of the API's clients, a line each, the newest first."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        for token in Token.objects.iterator():
            whose = token.scope if token.courier_id is None else f"{token.scope} {token.courier_id}"
            self.stdout.write(
                f"{token.token_id}\t{token.beginning}…\t{token.owner}\t{whose}\t{token.state(now)}"
                f"\texpires {day(token.expires_at)}\tlast used {day(token.last_used_at)}"
            )


def day(instant: datetime | None) -> str:
    return "never" if instant is None else f"{instant:%Y-%m-%d}"
