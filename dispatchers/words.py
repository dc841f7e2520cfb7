"""What people read here though no text of ours holds it: words of columns, and the theme's, which has no Russian.

Only marked, for the catalogue of translations.
"""

from django.utils.translation import gettext_noop

COLUMNS = [
    gettext_noop("foot"),
    gettext_noop("bike"),
    gettext_noop("car"),
    gettext_noop("free"),
    gettext_noop("assigned"),
    gettext_noop("delivered"),
    gettext_noop("completed"),
    gettext_noop("today"),
    gettext_noop("yesterday"),
    gettext_noop("past 7 days"),
    gettext_noop("past 30 days"),
    gettext_noop("region"),
    gettext_noop("hours"),
    gettext_noop("capacity"),
    gettext_noop("dispatcher"),
    gettext_noop("moved"),
    gettext_noop("weight"),
    gettext_noop("busy"),
    gettext_noop("taken"),
]
THEME = [
    gettext_noop("Welcome back to"),
    gettext_noop("Apply Filters"),
    gettext_noop("Cancel"),
    gettext_noop("Dark"),
    gettext_noop("Go back"),
    gettext_noop("Light"),
    gettext_noop("More actions"),
    gettext_noop("No results found"),
    gettext_noop("Reset filters"),
    gettext_noop("Run"),
    gettext_noop("Search apps and models..."),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Select all rows"),
    gettext_noop("Select record"),
    gettext_noop("System"),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
    gettext_noop("Toggle password visibility"),
    gettext_noop("Type to search"),
]
