"""A configuration of gunicorn: by as many seconds as the file CLOCK says, the store's clock is not the machine's.

Whatever the store does by the time of day asks `timezone.now()`; gunicorn's own timeouts go by another clock.
"""

import os
from datetime import timedelta
from pathlib import Path

from django.utils import timezone


def post_worker_init(worker):
    machine, file = timezone.now, Path(os.environ["CLOCK"])
    timezone.now = lambda: machine() + timedelta(seconds=int(file.read_text()))
