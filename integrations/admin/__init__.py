"""Staff's screens of connections and of what travels: read only, moved on by the engine's services."""

from integrations.admin import (  # noqa: F401  # each registers its own
    catalog,
    connections,
    endpoints,
    field_maps,
    queue,
    runs,
    traffic,
    workflow,
)
