"""Staff's screens of the CRM: written through funnels.services only, under the portal's rules."""

from funnels.admin import deals, history, people, products, setup  # noqa: F401  # each registers its screens
