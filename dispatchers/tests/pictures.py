"""python -m dispatchers.tests.pictures /usr/bin/chromium: take the README's pictures of the board, on a demo's day."""

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sweets_store.settings")

from playwright.sync_api import sync_playwright

from sweets_store.tests.serving import manage, served

FOLDER = Path(__file__).resolve().parent.parent
PASSWORD = "bonbon-und-praline"  # of a store that lives for a minute
PICTURES = [
    ("board.png", {"viewport": {"width": 1440, "height": 1000}, "color_scheme": "light"}),
    ("board-phone.png", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "device_scale_factor": 2}),
]


def where_it_is_afternoon() -> str:
    """A zone where it is between 16 and 17 o'clock now. The names count west of Greenwich."""
    east = (16 - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}"


def take_pictures(chromium: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        zone = {"SHOP_TIME_ZONE": where_it_is_afternoon()}
        with served(Path(folder), f"sqlite:///{folder}/demo.sqlite3", **zone) as store, sync_playwright() as playwright:
            password = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
            for command in (["demo"], ["createsuperuser", "--noinput", "--username=boss", "--email="]):
                manage(*command, environment=store.environment | password).check_returncode()
            options = ["--no-sandbox", "--disable-background-networking"]
            browser = playwright.chromium.launch(executable_path=chromium, args=options)
            for name, screen in PICTURES:
                page = browser.new_context(base_url=store.url, locale="en", **screen).new_page()
                page.goto("/admin/login/?next=/admin/")
                page.fill("[name=username]", "boss")
                page.fill("[name=password]", PASSWORD)
                page.press("[name=password]", "Enter")
                page.get_by_text("Open orders").first.wait_for()
                page.screenshot(path=FOLDER / name)
            browser.close()


if __name__ == "__main__":
    take_pictures(sys.argv[1])
