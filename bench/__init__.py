"""How fast, against what: each module measures one promise with real processes."""
