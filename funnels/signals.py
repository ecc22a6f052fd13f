"""One signal, `changed`, sent inside the writer's transaction with the journal lines and their origin."""

from django.dispatch import Signal

changed = Signal()  # changes: list[funnels.models.Change], origin: accounts.origin.Origin
