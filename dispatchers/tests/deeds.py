"""Deeds as a browser asks for them, and what their pages tell."""

import re
from html import unescape


def deed(name, browser, **asked):
    return browser.post(f"/admin/dispatch/{name}/", asked)


def told(answer):
    """What the page tells of each row."""
    assert answer.status_code == 200
    body = re.search(r'<table id="told">.*?<tbody>(.*?)</tbody>', answer.content.decode(), re.DOTALL)
    found = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    return [re.sub(r"\s+([.,]|$)", r"\1", " ".join(re.sub("<.*?>", " ", row).split())) for row in found]


def kept(answer):
    """The hidden fields with which the preview is confirmed."""
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.content.decode())
    return {name: unescape(value) for name, value in hidden if name != "csrfmiddlewaretoken"}


def confirm(browser, answer):
    name = re.search(r'action="/admin/dispatch/([\w-]+)/"', answer.content.decode())[1]
    return deed(name, browser, **kept(answer))


def links(answer):
    return [unescape(url) for url in re.findall(r'href="([^"]*)"', answer.content.decode())]


def change_form(browser, courier_id):
    """What the form of the courier's change is filled with."""
    form = browser.post("/admin/dispatch/change/", {"courier": courier_id, "begin": ""}).context["form"]
    return {name: form[name].value() or "" for name in form.fields}
