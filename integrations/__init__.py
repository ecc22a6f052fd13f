"""Everything that speaks to a partner: contract, engine, partners and the doors to the outside."""
