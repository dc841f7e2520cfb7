"""The free orders that a courier takes: what `assign` reads instead of the backlog.

Shelves (bundles/shelves.py) are read page by page, no further than the lighter orders leave him room: so the work
follows the bundle and not the backlog.
"""

from bundles.rules import take_while_they_fit
from bundles.shelves import BACK, Place, Search, Shelf
from couriers.models import Courier
from orders.arrivals import shut_out_arrivals

# Orders that the first read may pass on all shelves together; each further read may pass twice as many.
FIRST_READ = 512
SHORTEST_PAGE = 4
# Regions are parted by hours once less than this part of what was passed fits.
FITTING_PART = 8


def lightest_that_fit(courier: Courier) -> list[int]:
    """Return the ids of the most free orders that he can carry, lightest first (then the smaller id)."""
    return [place.order_id for place in lightest_places(courier)]


def lightest_places(courier: Courier, *, end: Place = BACK, of_one_moment: bool = False) -> list[Place]:
    """Return where these orders stand, of those before `end`.

    What was found bounds what is left to read: behind the first order that is too much none can be among them.

    One read sees the orders of one moment. Who needs more begins again with arrivals shut out, lest he take the heavier
    of two orders that became free meanwhile and miss the lighter; what was found still bounds it, for what arrives only
    lowers the bound. Not so `of_one_moment`, where the transaction has all its reads see the same.
    """
    search = Search(courier.working_hours)
    capacity = int(courier.capacity * 100)
    regions = [Shelf(region) for region in sorted(set(courier.regions))] if courier.working_hours else []
    shelves = regions
    taken: list[Place] = []
    reach = FIRST_READ
    while shelves:
        size = max(SHORTEST_PAGE, reach // len(shelves))
        passed = search.read(shelves, size=size, end=end)
        fitting = [order.place for order in passed if order.fits]
        found = sorted(taken + fitting)
        taken = take_while_they_fit(found, capacity=capacity)
        if len(taken) < len(found):
            end = found[len(taken)]
        last = [order for order in passed if order.number == size and order.place < end]
        shelves = [shelves[order.shelf]._replace(after=order.place) for order in last]
        few_fit = len(fitting) * FITTING_PART < len(shelves) * size
        if shelves and reach == FIRST_READ and not of_one_moment and shut_out_arrivals():
            taken, shelves = [], regions
        if few_fit:
            shelves = search.parted_by_hours(shelves)
        reach *= 2
    return taken
