"""A configuration of gunicorn that breaks the store: it sees no Idempotency-Key."""


def pre_request(worker, request):
    request.headers = [(name, value) for name, value in request.headers if name != "IDEMPOTENCY-KEY"]
