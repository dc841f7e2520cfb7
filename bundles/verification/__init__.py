"""What must hold in the store, recomputed from the rows (`manage.py verify_store`).

What a value may be is told by the API's fields, what hours touch by the ground floor; nothing here asks the services,
the candidates or the rules whether they were right. A value that is named as bad is not held against others again.
"""

from bundles.verification.checks import faults
from bundles.verification.replay import record_faults
from bundles.verification.stock import take_stock
from bundles.verification.stored import snapshot, store_size

__all__ = ["faults", "record_faults", "snapshot", "store_size", "take_stock"]
