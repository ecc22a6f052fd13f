"""Every rule of the requirements' M rows, the code that keeps it, and the tests that die without it."""
