"""Django's PostgreSQL with a health check that costs no statement."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the kept connection still stands, asked before the first statement of each request.

        A server that goes away says so: while nothing has come in, the connection stands. What has come in may also be
        a notice; so then Django asks by a statement, as it would every time.
        """
        return self._is_silent() or super().is_usable()

    def _is_silent(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
