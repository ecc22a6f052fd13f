"""Our events for integrators: what happened is written with the change, signed, sent and sent again."""
