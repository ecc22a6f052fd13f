"""The partners' stand-ins: a real HTTP server that behaves, and misbehaves, as the contract sheets say."""
