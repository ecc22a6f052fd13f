"""The catalogue of partners and the wizard that connects one."""
