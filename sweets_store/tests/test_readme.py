"""What the README shows is what happens."""

import json
import os
import re
import shlex
from urllib.parse import urlsplit

from django.conf import settings

from sweets_store.tests.serving import served_store

README = (settings.BASE_DIR / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def curls():
    """Yield (method, path, body or None, shown answer) of the API's block."""
    for command, shown in re.findall(r"^(curl .*)\n# (.*)$", BLOCKS[2], re.MULTILINE):
        words = iter(shlex.split(command)[1:])
        method, path, body = None, None, None
        for word in words:
            match word:
                case "-s":
                    pass
                case "-H":
                    assert next(words) == "Content-Type: application/json"
                case "-X":
                    method = next(words)
                case "-d":
                    body = next(words).encode()
                case _:
                    path = word.removeprefix("http://127.0.0.1:8080")
        yield method or ("POST" if body else "GET"), path, body, shown


def like(shown):
    """The shown answer as a pattern in which `…` stands for anything."""
    return re.compile(".+".join(map(re.escape, shown.split("…"))))


def test_the_curls_work_when_pasted_in_order(tmp_path):
    with served_store(tmp_path, f"readme_{os.getpid()}") as store:
        for method, path, body, shown in curls():
            answer = store.request(method, path, body)

            compact = json.dumps(answer.body, separators=(",", ":"), ensure_ascii=False)
            assert answer.status in (200, 201), store.said()
            assert like(shown).fullmatch(compact), f"{path}: {compact}"


def test_every_endpoint_is_shown():
    shown = {(method, re.sub(r"\d+", "{id}", urlsplit(path).path)) for method, path, _, _ in curls()}

    assert shown == {
        ("POST", "/couriers"),
        ("GET", "/couriers"),
        ("GET", "/couriers/{id}"),
        ("PATCH", "/couriers/{id}"),
        ("POST", "/orders"),
        ("GET", "/orders"),
        ("GET", "/orders/{id}"),
        ("GET", "/orders/{id}/explain"),
        ("GET", "/orders/{id}/events"),
        ("POST", "/orders/assign"),
        ("POST", "/orders/complete"),
        ("GET", "/bundles"),
        ("GET", "/bundles/{id}"),
    }


def test_every_setting_is_in_the_table():
    source = (settings.BASE_DIR / "sweets_store/settings.py").read_text()
    source += (settings.BASE_DIR / "sweets_store/environment.py").read_text()
    read = set(
        re.findall(r'(?:text|integer|boolean|choice|rate|time_zone|names|origins|read_file)\(\s*"([A-Z_]+)"', source)
    )
    read |= set(re.findall(r'"(DB_[A-Z]+)"', source))

    table = README.partition("## Settings")[2].partition("## ")[0]
    assert read
    assert {name for name in read if f"`{name}`" not in table} == set()


def test_the_first_two_blocks_are_the_two_commands():
    assert BLOCKS[0].endswith("manage.py serve\n")
    assert BLOCKS[1].endswith("pytest -n 2 --database=postgresql\n")
    assert all(len(block.splitlines()) == 1 for block in BLOCKS[:2])
