"""An import only ever points down (README, "The house")."""

import ast

import pytest
from django.conf import settings

APPS = ("record", "couriers", "access", "bundles", "orders")
GROUND, RECORDS, RULES, SERVICES, DOORS, COMPOSITION = range(6)
FLOORS = {
    **dict.fromkeys(["models", "arrivals", "recording"], RECORDS),
    **dict.fromkeys(["rules", "scopes"], RULES),
    **dict.fromkeys(
        [
            "services",
            "assignments",
            "board",
            "candidates",
            "day",
            "deliveries",
            "dispatch",
            "explanations",
            "locks",
            "pay",
            "rehearsal",
            "releases",
            "shelves",
            "verification",
        ],
        SERVICES,
    ),
    **dict.fromkeys(
        ["serializers", "filters", "schema", "views", "urls", "admin", "management", "authentication"], DOORS
    ),
}
MODULES = sorted(
    path.relative_to(settings.BASE_DIR)
    for folder in ("sweets_store", *APPS, "dispatchers")
    for path in (settings.BASE_DIR / folder).rglob("*.py")
    if not {"tests", "migrations"} & set(path.parts) and path.name not in ("__init__.py", "apps.py")
)


def floor(module):
    """Return (floor, app) of a dotted module of ours."""
    app, _, rest = module.partition(".")
    if app == "dispatchers":
        return COMPOSITION, app
    if app == "sweets_store":
        above = ("settings", "urls", "wsgi", "worker", "bodies", "management")
        return (COMPOSITION if rest.partition(".")[0] in above else GROUND), app
    return FLOORS[rest.partition(".")[0]], app


def imports(path):
    """Yield (dotted module of ours, whether at the top of the file)."""
    tree = ast.parse((settings.BASE_DIR / path).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in ("sweets_store", *APPS, "dispatchers"):
            names = [node.module] if "." in node.module else [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                yield name, node in tree.body


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_point_down(path):
    here, app = floor(".".join(path.with_suffix("").parts))

    for name, on_top in imports(path):
        there, other = floor(name)
        assert on_top, f"{name} is imported inside a function"
        assert there <= here, f"{name} stands above"
        if here == there == RECORDS:
            assert APPS.index(other) <= APPS.index(app), f"{name}: records know only those that they rest on"
        if here == there == SERVICES:
            assert other == app, f"{name}: a use case of another app"
        if here == there == DOORS:
            assert other == app, f"{name}: another app's door"
        if there == RECORDS and here == DOORS:
            assert APPS.index(other) <= APPS.index(app), f"{name}: a door reads its own app's records and those below"
