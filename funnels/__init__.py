"""The CRM: persons, companies, funnels, stages, deals, interaction records and tasks."""
