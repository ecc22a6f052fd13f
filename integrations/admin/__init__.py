"""Staff's screens of connections and of what travels: read only, moved on by the engine's services."""

from integrations.admin import catalog, connections, queue, runs, traffic  # noqa: F401  # each registers its own
