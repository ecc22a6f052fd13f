"""How a change travels: claim, speak, take in, apply, poll, decide what next, and who runs it all."""
