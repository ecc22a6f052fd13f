"""The resources of partners, connections and their traffic in the API for integrators."""
