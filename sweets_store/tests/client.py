"""A client of the API that speaks and reads JSON."""

import json
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    body: object
    headers: dict


class JSONClient:
    """`api.post("/orders", {...})`; a body given as bytes is sent as it is."""

    def __init__(self, client):
        self.client = client

    def request(self, method, path, body=None, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        sent = {"content_type": "application/json", **headers}
        response = self.client.generic(method, path, content, **sent)
        assert response["Content-Type"] == "application/json", response.content
        return Answer(response.status_code, json.loads(response.content), dict(response.items()))

    def get(self, path, **headers):
        return self.request("GET", path, **headers)

    def post(self, path, body, **headers):
        return self.request("POST", path, body, **headers)

    def patch(self, path, body, **headers):
        return self.request("PATCH", path, body, **headers)
