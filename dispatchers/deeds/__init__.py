"""What a dispatcher may do: each deed is shown before it is done, then done row by row and told row by row."""

from dispatchers.deeds.assign import Assign
from dispatchers.deeds.change import Change
from dispatchers.deeds.complete import Complete
from dispatchers.deeds.deed import Deed
from dispatchers.deeds.move import Move
from dispatchers.deeds.release import ReleaseBundles, ReleaseOrders
from dispatchers.deeds.undo import Undo

DEEDS: dict[str, Deed] = {
    deed.name: deed for deed in (Assign(), Change(), Complete(), ReleaseOrders(), Undo(), Move(), ReleaseBundles())
}
