"""Was it as if one after another? Looks for an order of recorded requests that explains what was answered.

The search is Wing and Gong's: the next in the order is one of those that began before any other left over had ended,
and its answer must be the one that the contract gives at its turn; where none is, the last choice is taken back.

Most turns leave nothing to choose. A request that matches and changes nothing may come at once, save a PATCH, which
answers the same at a turn where it does change something. So may one that sets no order free, if none about the same
courier or the same orders runs beside it: whoever else takes the lightest until he is full, and did not take these,
does not miss them either. Only the others are tried at different turns.
"""

from typing import NamedTuple

from bundles.tests.serial import Store


class Call(NamedTuple):
    """A request as a client saw it. `name` and `asked` are a handler of `reference.Store` and what it takes."""

    client: int
    begin: int  # nanoseconds of one clock
    end: int
    name: str
    asked: tuple
    status: int
    body: dict

    def couriers(self):
        """Whom it concerns."""
        match self.name:
            case "take":
                return frozenset()
            case "hire":
                return frozenset(courier["courier_id"] for courier in self.asked[0])
            case "move_bundle":
                return frozenset([self.asked[0], self.asked[2]])
        return frozenset(self.asked[:1])

    def handed(self):
        """The orders that he was told to carry."""
        return {order["id"] for order in self.body.get("orders", ())} if self.name == "assign" else set()


class Unexplained(AssertionError):
    """No order explains the calls; the text shows where the longest way ended."""


def explain(calls, rows=None):
    """Return the calls in an order that explains them, and that ends in these rows (couriers, bundles, orders)."""
    return Search(calls, rows).run()


class Search:
    def __init__(self, calls, rows):
        self.store = Store()
        self.rows = rows
        self.clients = [
            sorted((call for call in calls if call.client == client), key=lambda call: call.begin)
            for client in sorted({call.client for call in calls})
        ]
        self.turns = [0] * len(self.clients)  # of each client, how many calls have had theirs
        self.count = len(calls)
        self.farthest, self.stuck = -1, ""

    def run(self):
        way, seen = [], set()  # of each turn: its call's client, the mark before it, what else could have come
        choices = iter(self.choices())
        for _ in range(1_000 + 50 * self.count):
            client = next(choices, None)
            if client is not None:
                way.append((client, self.store.mark(), choices))
                self.matches(self.next_of(client))
                self.turns[client] += 1
                state = (*self.turns, self.store.fingerprint)
                choices = iter(() if state in seen else self.choices())
                seen.add(state)
            elif len(way) == self.count and self.rows in (None, self.store.rows()):
                return self.calls(way)
            else:
                self.note_where_stuck(len(way))
                if not way:
                    raise Unexplained(self.stuck)
                client, mark, choices = way.pop()
                self.turns[client] -= 1
                self.store.undo(mark)
        raise Unexplained(f"given up; {self.stuck}")

    def calls(self, way):
        left = [iter(calls) for calls in self.clients]
        return [next(left[client]) for client, _, _ in way]

    def next_of(self, client):
        return self.clients[client][self.turns[client]]

    def candidates(self):
        """The clients whose next call may have the turn: it began before any call left over had ended."""
        waiting = [client for client, calls in enumerate(self.clients) if self.turns[client] < len(calls)]
        first_end = min((self.next_of(client).end for client in waiting), default=0)
        allowed = [client for client in waiting if self.next_of(client).begin <= first_end]
        return sorted(allowed, key=lambda client: self.next_of(client).end)

    def choices(self):
        """The clients of which one must have the turn; the likeliest first."""
        choices, candidates = [], self.candidates()
        needed = {
            order_id
            for client in candidates
            for order_id in self.next_of(client).handed()
            if not self.store.is_free(order_id)
        }
        for client in candidates:
            call, mark = self.next_of(client), self.store.mark()
            matches, freed = self.matches(call), self.store.freed(mark)
            # A change to what stands already may have come after another one, and have turned that back.
            harmless = call.name != "change" and not self.store.changed(mark)
            self.store.undo(mark)
            if matches and not freed and (harmless or not self.meets_another(client, call)):
                return [client]
            if matches:
                choices.append((bool(freed), not freed & needed, call.end, client))
        return [client for *_, client in sorted(choices)]

    def meets_another(self, client, call):
        """Another client's call, left over, began before this one's end and is about the same courier or orders."""
        for other, calls in enumerate(self.clients):
            if other != client:
                for place in range(self.turns[other], len(calls)):
                    if calls[place].begin > call.end:
                        break
                    if calls[place].couriers() & call.couriers() or calls[place].handed() & call.handed():
                        return True
        return False

    def matches(self, call):
        """Let the store handle the call; return whether it answers what was answered."""
        if self.answer(call) != (call.status, call.body):
            return False
        if self.rows is not None and call.name == "complete" and call.status == 200:
            # The first time stays: another one than the last rows show cannot have been the first.
            *_, orders = self.rows
            order_id = call.asked[1]
            return order_id in orders and orders[order_id].complete_time == self.store.orders[order_id].complete_time
        return True

    def answer(self, call):
        now = [call.body.get("assign_time")] if call.name == "assign" else []  # told once, it must stay
        return getattr(self.store, call.name)(*call.asked, *now)

    def note_where_stuck(self, turns):
        if turns <= self.farthest:
            return
        self.farthest, lines = turns, [f"no order explains the calls: after {turns} of {self.count}"]
        if turns == self.count:
            lines += self.differing_rows()
        for client in self.candidates():
            call, mark = self.next_of(client), self.store.mark()
            lines.append(f"client {call.client} {call.name}{call.asked}\n  answered {call.status} {call.body}")
            lines.append("  now it would be {} {}".format(*self.answer(call)))
            self.store.undo(mark)
        self.stuck = "\n".join(lines)

    def differing_rows(self):
        for name, stored, ours in zip(("couriers", "bundles", "orders"), self.rows, self.store.rows(), strict=True):
            for key in sorted({*stored, *ours}):
                if stored.get(key) != ours.get(key):
                    yield f"{name} {key}: stored {stored.get(key)}, should be {ours.get(key)}"
