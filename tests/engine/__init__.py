"""The engine against the sandbox over real HTTP, rules driven in this process."""
