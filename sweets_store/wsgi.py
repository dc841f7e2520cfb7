"""The WSGI application: Django behind a guard that reads every body."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sweets_store.settings")
django_application = get_wsgi_application()

from sweets_store.bodies import BodyGuard  # noqa: E402  # needs the settings
from sweets_store.content_types import RequestInUTF8  # noqa: E402  # likewise

django_application.request_class = RequestInUTF8
application = BodyGuard(django_application)
