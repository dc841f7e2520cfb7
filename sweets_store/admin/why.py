"""Why, why not: the page that holds a record against others."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from sweets_store.admin.records import RecordAdmin
from sweets_store.ids import parse_id

MAX_EXPLAINED = 25


class Explained(NamedTuple):
    """Whether an assign now would give an order to a courier; `link` leads to the one of the two beside the record.

    Each of the `reasons` has a `code` and a `detail`; `would_do` are the changes of the courier in words.
    """

    link: SafeString
    can_take: bool
    reasons: Sequence[Any]
    would_do: Sequence[str]


class ExplainedAdmin(RecordAdmin):
    """Records whose page leads to another one that tells why orders are, or are not, a courier's.

    `others`, by the name of their model, are held against the record; `why_label` asks for their numbers.
    """

    why_label: ClassVar[Any]  # lazily translated
    others: ClassVar[str]

    def explained(self, record: Any, numbers: list[int]) -> list[Explained]:
        """Raises ValueError, whose text says which number is unknown."""
        raise NotImplementedError

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_why"
        return [path("<path:object_id>/why/", self.admin_site.admin_view(self.why), name=name), *super().get_urls()]

    def links(self, request: HttpRequest, record: Any) -> list[tuple[str, str]]:
        return [*super().links(request, record), (_("Why, why not?"), "../why/")]

    def why(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.get_object(request, object_id)
        others = apps.get_model(self.others)._meta
        if not self.has_view_permission(request, record) or not request.user.has_perm(
            f"{others.app_label}.view_{others.model_name}"
        ):
            raise PermissionDenied
        if record is None:
            back: HttpResponse = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]  # not in the stubs
                request, self.opts, object_id
            )
            return back
        asked, after = request.GET.get("numbers", ""), request.GET.get("after", "")
        explained: list[Explained] = []
        more = None
        try:
            numbers = read_numbers(asked)
            if not numbers:
                following = self.next_numbers(after)
                numbers = following[:MAX_EXPLAINED]
                more = f"?{urlencode({'after': numbers[-1]})}" if len(following) > MAX_EXPLAINED else None
            explained = self._explained(request, record, numbers)
        except ValueError as fault:
            self.message_user(request, capfirst(str(fault)), messages.WARNING)
        context = self.admin_site.each_context(request) | {
            "title": _("%(record)s: why, why not?") % {"record": record},
            "opts": self.opts,
            "original": record,
            "label": self.why_label,
            "column": capfirst(others.verbose_name),
            "numbers": asked,
            "explained": explained,
            "next_url": more,
            "next_label": _("The next %(records)s") % {"records": others.verbose_name_plural},
        }
        return TemplateResponse(request, "sweets_store/why.html", context)

    def _explained(self, request: HttpRequest, record: Any, numbers: list[int]) -> list[Explained]:
        """All that are known; of the others the reader is told."""
        try:
            return self.explained(record, numbers)
        except ValueError as fault:
            if len(numbers) > 1:
                return [told for number in numbers for told in self._explained(request, record, [number])]
            self.message_user(request, str(fault), messages.WARNING)
            return []

    def next_numbers(self, after: str) -> list[int]:
        """The numbers shown where none are asked for, and one more if there are; `after` is the last shown before."""
        return []


def read_numbers(text: str) -> list[int]:
    """Return the ids that the text names, at most 25. Raises ValueError, whose text says what is wrong."""
    parts = [part for part in re.split(r"[\s,;#]+", text) if part]
    if len(parts) > MAX_EXPLAINED:
        raise ValueError(_("Ask for at most %(most)s numbers at once.") % {"most": MAX_EXPLAINED})
    try:
        return [parse_id(part) for part in parts]
    except ValueError:
        raise ValueError(_("Give numbers, such as 12, or several: 12, 15.")) from None
