"""The system's modules (S2): their names, what each is for, and which of them come later."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True, kw_only=True)
class ModuleName:
    """One module: `basic` ones come with every account, `fixed` ones cannot be switched off.

    `later`: its functions are not in the product yet, so nobody can switch it on; `icon` is a Material
    Symbols name; `text` what it does, `benefit` what for.
    """

    slug: str
    label: Words
    icon: str
    text: Words
    benefit: Words = ""
    basic: bool = False
    fixed: bool = False
    later: bool = False


MODULES: dict[str, ModuleName] = {
    module.slug: module
    for module in (
        ModuleName(
            slug="clients",
            label=_("Clients"),
            icon="group",
            basic=True,
            fixed=True,
            text=_(
                "Companies and persons in one register, with custom fields, interaction records and tasks."
            ),
            benefit=_(
                "Keep everything about a client in one place and look after each of them better and more "
                "personally, which builds relationships that last and pay."
            ),
        ),
        ModuleName(
            slug="email",
            label=_("E-mail"),
            icon="mail",
            basic=True,
            fixed=True,
            later=True,
            text=_(
                "Sending and receiving e-mails inside the CRM, which can be tied to clients and "
                "opportunities."
            ),
            benefit=_(
                "Sellers need not leave the CRM to write and read e-mails. What is exchanged with clients "
                "stays in their history, with the whole timeline in view."
            ),
        ),
        ModuleName(
            slug="tasks",
            label=_("Tasks"),
            icon="task_alt",
            basic=True,
            fixed=True,
            text=_(
                "Creating and assigning tasks with a due date, for persons and opportunities, with check-in "
                "and check-out where the account wants them."
            ),
            benefit=_(
                "See what your team has to do and always have a next step agreed with each client and "
                "opportunity. No more losses for lack of order or because something was forgotten."
            ),
        ),
        ModuleName(
            slug="deals",
            label=_("Deals"),
            icon="handshake",
            basic=True,
            text=_(
                "Opportunities as cards that advance through the stages of your funnels, with value, "
                "products, tasks and history."
            ),
            benefit=_(
                "See what is being negotiated, with whom and what comes next, and raise the productivity of "
                "the sales funnel."
            ),
        ),
        ModuleName(
            slug="products",
            label=_("Products"),
            icon="inventory_2",
            basic=True,
            text=_(
                "The portfolio of products and services with code and price, to be put on opportunities with "
                "a quantity."
            ),
            benefit=_(
                "Keep your products in one standard base, so that sellers look them up fast and in real "
                "time, and see on each opportunity which products it is about."
            ),
        ),
        ModuleName(
            slug="workflow",
            label=_("Workflow"),
            icon="account_tree",
            text=_(
                "Automatic actions made of triggers and actions, by the logic “if this, then that”. "
                "Conditional requirements for the advance of cards through the funnels."
            ),
            benefit=_(
                "Raise the productivity of the sales funnel and of client care with automatic reminders, "
                "demands and actions for stalled opportunities, missed deadlines, hand-overs, broken "
                "business rules and clients that show signs of inactivity. Depend no longer on memory and "
                "good will: act before."
            ),
        ),
        ModuleName(
            slug="proposals",
            label=_("Proposals and documents"),
            icon="description",
            later=True,
            text=_(
                "Many document templates with automatic replacement of fields, for commercial proposals, "
                "quotes, contracts, orders, service orders and others."
            ),
            benefit=_(
                "Save time and have no more errors in proposals and documents. Send them from the CRM and be "
                "told every time the client looks. A history of revisions and an attractive look help the "
                "sale."
            ),
        ),
        ModuleName(
            slug="forms",
            label=_("External forms"),
            icon="dynamic_form",
            later=True,
            text=_(
                "Forms to put into web pages and landing pages, which send to the CRM what people fill in."
            ),
            benefit=_(
                "No integration is needed to collect leads and hand them to the sales team. Use forms also "
                "to open tickets, occurrences and suggestions, and to feed clients and cards that exist "
                "already."
            ),
        ),
        ModuleName(
            slug="cpq",
            label=_("Configure, Price, Quote (CPQ)"),
            icon="calculate",
            later=True,
            text=_(
                "Fields with conditional formulas and look-ups in outside APIs that calculate prices with "
                "taxes, rules and other variables. Composition and rules between product options."
            ),
            benefit=_(
                "Automate your pricing: no errors, less time, and sellers never leave the CRM to make a "
                "commercial proposal."
            ),
        ),
        ModuleName(
            slug="analytics",
            label=_("Analytics"),
            icon="monitoring",
            later=True,
            text=_("Many panels made of charts, pivot tables and indicators."),
            benefit=_(
                "Follow indicators and results in real time, for more control and decisions based on data. "
                "Make dashboards with which the team manages itself."
            ),
        ),
        ModuleName(
            slug="client_products",
            label=_("Client's products"),
            icon="deployed_code",
            later=True,
            text=_(
                "An entity tied to clients, shaped as you wish, for the many purposes of managing a "
                "portfolio."
            ),
            benefit=_(
                "Helps to keep clients and to grow with them. Control active contracts, volumes of "
                "consumption and renewals, and see the assets of clients to find sales opportunities."
            ),
        ),
        ModuleName(
            slug="library",
            label=_("Library"),
            icon="folder_open",
            later=True,
            text=_("Keeps documents and proposals in the CRM and ties them to clients."),
            benefit=_(
                "With the module of proposals and documents on as well, the library files generated "
                "documents by itself."
            ),
        ),
        ModuleName(
            slug="white_label",
            label=_("White Label"),
            icon="palette",
            text=_("New colours and logos that adapt the look of the web version of the CRM."),
            benefit=_(
                "Give the CRM the face of your company. Strengthen your brand for employees, representatives "
                "and channels, who see a system of your own."
            ),
        ),
        ModuleName(
            slug="api",
            label=_("API access"),
            icon="api",
            text=_(
                "The REST API with GET, POST, PATCH and DELETE, to develop outside queries and integrations "
                "with other software."
            ),
            benefit=_(
                "Nobody types the same thing twice: integrate marketing automation, prospecting, LRM, "
                "omnichannel, ERP and others. The sales team works in the CRM alone."
            ),
        ),
    )
}
