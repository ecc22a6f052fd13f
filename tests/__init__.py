"""The tests mirror the apps; journeys/ tell stories, faults/ break things, house/ keeps the rules."""
