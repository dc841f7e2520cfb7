"""What a request's Content-Type says, whatever the client wrote there."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class RequestInUTF8(WSGIRequest):
    """A request whose query and forms are read as UTF-8.

    Django reads them in the charset that the Content-Type names, also where that is no encoding of text (`hex`), and
    makes no request at all of one whose parameters cannot be read: both fail outside every view.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:  # an unknown encoding among them (RFC 2231), or a number of thousands of digits
            self.content_type, self.content_params = "", {"charset": "unreadable"}
