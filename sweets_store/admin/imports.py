"""Files in and out of a list of the admin: a dry run, an import, samples, exports.

The browser keeps the file and sends it twice: to be checked, and then to be imported. Each answer is a stream of JSON
lines that tell the progress, then the rejects, last what came of it. So nothing is kept here from one to the other.
"""

import json
import logging
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from pathlib import Path, PurePath
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO, ClassVar

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sweets_store.admin.values import grouped
from sweets_store.admin.why import ExplainedAdmin
from sweets_store.away import AWAY, log_away
from sweets_store.errors import DomainError
from sweets_store.imports.checked import MAX_OBJECTS, ImportedSerializer
from sweets_store.imports.formats import ENDINGS, reader_of
from sweets_store.imports.insert import ImportRefused, Outcome, ReportedRow
from sweets_store.imports.writing import WRITERS, written

logger = logging.getLogger(__name__)

MAX_EXPORTED = 100_000
EXPORTED_AT_ONCE = 1_000
MAX_SHOWN = 1_000
PIECE = 64 * 1024
REJECTS_PIECE = 48 * 1024  # a multiple of three, so that base64 needs no padding in between
# What is done with the bad rows: only looked for; none may be there; left out.
CHECK, ALL, GOOD = MODES = ("check", "all", "good")
FORMATS = {"csv": "CSV", "xlsx": "XLSX", "ndjson": "NDJSON", "json": "JSON"}
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ndjson": "application/x-ndjson",
    "json": "application/json",
}

Line = dict[str, Any]
Run = Callable[[Callable[[str, int], None], Path], Line]


class ImportAdmin(ExplainedAdmin):
    """Records that files bring in, judged by `serializer` and taken by `service`, and that files take out again."""

    serializer: ClassVar[type[ImportedSerializer]]
    service: ClassVar[Callable[..., Outcome]]

    list_before_template = "sweets_store/files.html"  # type: ignore[assignment]  # the theme says None
    formats = FORMATS

    def get_urls(self) -> list[Any]:
        def page(url: str, view: Callable[..., Any], name: str) -> Any:
            return path(url, self.admin_site.admin_view(view), name=self._page_name(name))

        return [
            page("import/", self.import_page, "import"),
            page("import/run/", require_POST(self.run_import), "import_run"),
            page("import/sample/<slug:file_format>/", self.sample, "sample"),
            page("export/<slug:file_format>/", self.export, "export"),
            *super().get_urls(),
        ]

    def _page_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def may_import(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.add_{self.opts.model_name}")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listing: Any = super().get_changelist_instance(request)
        listing.may_import = self.may_import(request)
        return listing

    # In

    def import_page(self, request: HttpRequest) -> HttpResponse:
        if not self.may_import(request):
            raise PermissionDenied
        records = str(self.opts.verbose_name_plural)
        context = self.admin_site.each_context(request) | {
            "title": _("Import %(records)s") % {"records": records},
            "opts": self.opts,
            "formats": FORMATS,
            "may_export": self.has_view_permission(request),
            "records": records,
            "endings": ",".join(ENDINGS),
            "most": grouped(MAX_OBJECTS),
            "limit": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
            "limit_mib": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20,
            "words": words_of_the_page(),
        }
        return TemplateResponse(request, "sweets_store/import.html", context)

    def run_import(self, request: HttpRequest) -> HttpResponseBase:
        """Check or import the file that is the body. Its name, in the query, tells the format and nothing else."""
        if not self.may_import(request):
            raise PermissionDenied
        mode = request.GET.get("mode")
        file_format = ENDINGS.get(PurePath(request.GET.get("name", "")).suffix.lower())
        if mode not in MODES:
            return lines_response(
                [line_of({"fault": _("This page is too old: load it again.")})], HTTPStatus.BAD_REQUEST
            )
        if file_format is None:
            return lines_response([line_of({"fault": ending_wanted()})], HTTPStatus.BAD_REQUEST)
        file = received(request)
        return lines_response(told(file, partial(self._run, mode, file_format, file)))

    def _run(
        self, mode: str, file_format: str, file: BinaryIO, watch: Callable[[str, int], None], rejects: Path
    ) -> Line:
        reader = reader_of(file, self.serializer, file_format=file_format)
        try:
            outcome = type(self).service(
                file=reader,
                rejects=None if mode == ALL else rejects,
                watch=watch,
                dry_run=mode == CHECK,
                most=MAX_OBJECTS,
            )
        except ImportRefused as refused:
            return {"fault": str(refused), "refused": refused.facts["refused"], "bad_rows": shown(refused.bad_rows)}
        except DomainError as refused:
            return {"fault": str(refused)}
        except AWAY as fault:
            log_away("an import", fault)
            return {"fault": _("The database is away or locked too long. Check the file again in a moment.")}
        except Exception:
            logger.exception("An import failed")
            return {"fault": _("The store failed; the operator finds the reason in the log. Check the file again.")}
        return asdict(outcome) | {"bad_rows": shown(outcome.bad_rows)}

    def sample(self, request: HttpRequest, file_format: str) -> HttpResponseBase:
        if not self.may_import(request):
            raise PermissionDenied
        names = list(self.serializer.declared())
        return self._download(f"{self.serializer.list_name}-sample", file_format, iter(self.serializer.sample), names)

    # Out

    def export(self, request: HttpRequest, file_format: str) -> HttpResponseBase:
        """What the list shows under this query, all its pages. More than 100,000 records are refused in words."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_changelist_instance(request).queryset
        ids = list(found.values_list("pk", flat=True)[: MAX_EXPORTED + 1])
        if not 0 < len(ids) <= MAX_EXPORTED:
            too_many = _("More than %(most)s %(records)s are found, more than a file may hold: narrow the list first.")
            facts = {"most": grouped(MAX_EXPORTED), "records": self.opts.verbose_name_plural}
            fault = too_many % facts if ids else _("Nothing is found, so there is nothing to export.")
            self.message_user(request, fault, messages.WARNING)
            back = reverse(f"admin:{self._page_name('changelist')}", current_app=self.admin_site.name)
            return HttpResponseRedirect(f"{back}?{request.GET.urlencode()}")
        names = list(self.serializer.declared())
        return self._download(self.serializer.list_name, file_format, exported(self.model, ids, names), names)

    @staticmethod
    def _download(name: str, file_format: str, objects: Iterator[Any], names: list[str]) -> HttpResponseBase:
        if file_format not in WRITERS:
            raise Http404
        return StreamingHttpResponse(
            written(objects, names, file_format),
            content_type=CONTENT_TYPES[file_format],
            headers={
                "Content-Disposition": f'attachment; filename="{name}.{file_format}"',
                "Cache-Control": "no-store",
            },
        )


def exported(model: type[Model], ids: list[int], names: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the records by the ids, in their order. Each statement is a short one, however slowly the file is read."""
    for start in range(0, len(ids), EXPORTED_AT_ONCE):
        some = ids[start : start + EXPORTED_AT_ONCE]
        found = model._default_manager.filter(pk__among=some).values(*names)
        records = {record[names[0]]: record for record in found}
        yield from (records[record_id] for record_id in some if record_id in records)


def received(request: HttpRequest) -> BinaryIO:
    """The body, on disk under no name. What keeps it within its limit is the server's body guard."""
    file = tempfile.TemporaryFile(prefix="sweets-import-")  # noqa: SIM115  # `told` closes it
    while piece := request.read(PIECE):
        file.write(piece)
    file.seek(0)
    return file


def told(file: BinaryIO, run: Run) -> Iterator[bytes]:
    """Yield lines: how far the run is, while it is running; then the rejects, in pieces; last what it returns.

    The run has a thread and a connection of its own, so that a slow reader never makes it hold a lock for longer. Who
    goes away does not stop it, and the request lasts until it ends.
    """
    language = translation.get_language()
    progress: SimpleQueue[Line | None] = SimpleQueue()
    results: list[Line] = []

    def work(rejects: Path) -> None:
        try:
            with translation.override(language):
                results.append(run(lambda step, rows: progress.put({"step": step, "rows": rows}), rejects))
        finally:
            connections.close_all()
            progress.put(None)

    with ExitStack() as stack:
        stack.enter_context(file)
        rejects = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sweets-rejects-"))) / "rejects"
        worker = Thread(target=copy_context().run, args=[work, rejects])
        worker.start()
        stack.callback(worker.join)
        yield from map(line_of, iter(progress.get, None))
        if rejects.exists():
            with rejects.open("rb") as content:
                while piece := content.read(REJECTS_PIECE):
                    yield line_of({"rejects": b64encode(piece).decode()})
        yield from (line_of({"result": result}) for result in results)


def line_of(line: Line) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def lines_response(lines: Any, status: int = HTTPStatus.OK) -> HttpResponseBase:
    # A proxy that collects the answer first would show no progress.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(lines, status=status, content_type="application/x-ndjson", headers=headers)


def shown(bad_rows: list[ReportedRow]) -> list[list[Any]]:
    """The rows for the page. An id is a text there: a browser would round a long one."""
    return [
        [row.place, "" if row.object_id is None else str(row.object_id), row.reason] for row in bad_rows[:MAX_SHOWN]
    ]


def ending_wanted() -> str:
    return _("The ending of the file's name must tell its format: %(endings)s.") % {"endings": ", ".join(ENDINGS)}


def words_of_the_page() -> dict[str, str]:
    """What its script says."""
    return {
        "sending": _("The file is being sent."),
        "checked": _("Checked: %(rows)s rows."),
        "stored": _("Stored: %(rows)s rows."),
        "check": _("Nothing is imported yet. This is what would come of it:"),
        "all": _("Imported."),
        "good": _("Imported, without the bad rows."),
        "nothing_new": _("There is nothing new to import."),
        "ending": ending_wanted(),
        "too_large": _("The file is too large: send it in parts."),
        "refused": _("The store refused the file. Perhaps you are logged out: load the page again."),
        "unreachable": _(
            "The file or the store cannot be reached. If the file was changed meanwhile, choose it again."
        ),
        "broken_off": _("The answer broke off. Check the file again: rows that are stored already are passed over."),
        "more_bad": _("… and %(more)s more, which are in the file of bad rows."),
        "more_places": _("and %(more)s more"),
    }
