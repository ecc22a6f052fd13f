"""Every setting of every module, as a table: words, kind, default and where it takes effect (S3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.module_settings.icons import ICONS

Words = str | Promise


class Kind(StrEnum):
    """How a setting is asked for, checked and kept."""

    TEXT = "text"  # what an account calls a thing; "" is the product's own word
    CHOICE = "choice"
    BOOL = "bool"
    NUMBER = "number"  # whole
    COLOUR = "colour"  # "#rrggbb"; "" is the portal's own
    IMAGE = "image"  # the id of a BrandImage; None for none
    GENDER = "gender"
    ICON = "icon"  # a Material Symbols name; "" is the module's own
    NEXT_NUMBER = "next_number"  # not kept here: a counter of the app that registered it


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting of a module.

    `document` is its label in the document's own words, which its pt-BR label repeats; `needs` the module
    that has to be contracted, else it is neither shown nor in effect; `beside` the setting that is filled in
    together with this one; `only_with` the switch it belongs to; `effect` where it takes effect.
    """

    module: str
    key: str
    label: Words
    document: str
    kind: Kind
    default: Any
    effect: str
    group: Words = ""
    help: Words = ""
    choices: Sequence[tuple[str, Words]] = ()
    minimum: int = 0
    maximum: int = 0
    longest: int = 40
    needs: str = ""
    beside: str = ""
    only_with: str = ""
    image: str = ""  # a kind of BrandImage
    free: bool = False  # a text that stands alone, never inside a sentence

    @property
    def name(self) -> str:
        """ "deals.icon": unique."""
        return f"{self.module}.{self.key}"


GENDERS = (("feminine", _("Feminine")), ("masculine", _("Masculine")))
_DEAL, _FUNNEL = _("What a deal is called"), _("What a funnel is called")


def _named(key: str, **given: Any) -> Setting:
    return Setting(module="deals", key=key, needs="workflow", **{"kind": Kind.TEXT, "default": "", **given})


_DEALS = (
    _named(
        "icon",
        label=_("Change the icon"),
        document="Trocar ícone",
        kind=Kind.ICON,
        group=_DEAL,
        choices=list(ICONS.items()),
        effect="the menu's entry of the funnels",
    ),
    _named(
        "label",
        label=_("Name of the module that users see"),
        document="Nome do módulo aparente aos usuários",
        group=_DEAL,
        help=_("Empty: the product's own word."),
        effect="the menu's entry and the modules' page",
    ),
    _named(
        "singular",
        label=_("Name of the unit in the singular"),
        document="Nome da unidade no singular",
        group=_DEAL,
        beside="plural",
        help=_("For example: opportunity. It replaces “deal” in every sentence."),
        effect="every sentence of the portal that speaks of one deal",
    ),
    _named(
        "plural",
        label=_("Name of the unit in the plural"),
        document="Nome da unidade no plural",
        group=_DEAL,
        beside="singular",
        effect="every sentence of the portal that speaks of several deals",
    ),
    _named(
        "gender",
        label=_("Gender of the entity"),
        document="Gênero da entidade",
        kind=Kind.GENDER,
        default="masculine",
        choices=GENDERS,
        group=_DEAL,
        help=_("Portuguese articles and adjectives follow it: “nova oportunidade”, “novo negócio”."),
        effect="articles and adjectives of those sentences",
    ),
    _named(
        "funnel_singular",
        label=_("Name of the unit “funnel” in the singular"),
        document="Nome da unidade 'funil' no singular",
        group=_FUNNEL,
        beside="funnel_plural",
        effect="every sentence of the portal that speaks of one funnel",
    ),
    _named(
        "funnel_plural",
        label=_("Name of the unit “funnel” in the plural"),
        document="Nome da unidade 'funil' no plural",
        group=_FUNNEL,
        beside="funnel_singular",
        effect="every sentence of the portal that speaks of several funnels",
    ),
    _named(
        "funnel_gender",
        label=_("Gender of the entity “funnel”"),
        document="Gênero da entidade 'funil'",
        kind=Kind.GENDER,
        default="masculine",
        choices=GENDERS,
        group=_FUNNEL,
        effect="articles and adjectives of those sentences",
    ),
    _named(
        "many_funnels",
        label=_("Use of many funnels"),
        document="Usabilidade de muitos funis",
        kind=Kind.CHOICE,
        default="user",
        group=_("Use"),
        choices=(
            ("user", _("Each user decides")),
            ("last", _("Select the funnel used last by default")),
            ("ask", _("Always ask which funnel is wanted")),
        ),
        effect="the funnel that opens from the menu and that a new deal is offered",
    ),
    _named(
        "next_number",
        label=_("Number of the next deal"),
        document="Número do próximo negócio a ser gerado",
        kind=Kind.NEXT_NUMBER,
        default=None,
        minimum=1,
        maximum=2_000_000_000,
        group=_("Use"),
        help=_("Used numbers are never repeated. Gaps are allowed."),
        effect="the number of the next deal, wherever it is made",
    ),
)

_CHECKS = _("Check-in and check-out")
_TASKS = (
    Setting(
        module="tasks",
        key="check_out",
        label=_("Enable check-out for tasks and interaction records?"),
        document="Habilitar a função de check-out para tarefas e registros de interação?",
        kind=Kind.BOOL,
        default=False,
        group=_CHECKS,
        effect="the buttons of check-in and check-out on tasks and interaction records",
    ),
    Setting(
        module="tasks",
        key="radius",
        label=_("Radius within which check-in and check-out are verified (in metres)"),
        document="Tamanho do raio de verificação do check-in e check-out (em metros)",
        kind=Kind.NUMBER,
        default=200,
        minimum=10,
        maximum=100_000,
        group=_CHECKS,
        help=_("A check-in further away is saved all the same and marked with the distance."),
        effect="the mark with the distance on a check-in or check-out",
    ),
    Setting(
        module="tasks",
        key="responsibles",
        label=_("Enable the field “Responsibles” in tasks"),
        document="Habilitar o campo “Responsáveis” na tarefa",
        kind=Kind.BOOL,
        default=False,
        group=_("Restriction of tasks by responsibles"),
        help=_("Only responsibles, the author and administrators then see the task."),
        effect="the tasks' form, and who sees a task in lists, pages and the API",
    ),
)

_COLOURS, _LOGOS = _("Colours"), _("Logos")
_MEASURED = _("The contrast is measured on the light and on the dark theme (WCAG 2.2 AA).")
_IMAGE = _("PNG, JPEG or WebP, at most 1 MB.")
_WHITE_LABEL = (
    Setting(
        module="white_label",
        key="logo_color",
        label=_("Colour of the logo"),
        document="Cor do Logo",
        kind=Kind.COLOUR,
        default="",
        group=_COLOURS,
        help=format_lazy("{} {}", _("The mark at the top and the menu's current entry."), _MEASURED),
        effect="the brand's mark and the menu's current entry, on every page",
    ),
    Setting(
        module="white_label",
        key="confirm_color",
        label=_("Colour of confirmation"),
        document="Cor de confirmação",
        kind=Kind.COLOUR,
        default="",
        group=_COLOURS,
        help=format_lazy("{} {}", _("Buttons that confirm, links, switches and the focus."), _MEASURED),
        effect="buttons, links, switches and focus, on every page",
    ),
    Setting(
        module="white_label",
        key="tab_name",
        label=_("Name in the browser's tab"),
        document="Nome da guia no navegador",
        kind=Kind.TEXT,
        default="",
        free=True,
        group=_("Name"),
        effect="the title of every page and the name beside the logo",
    ),
    Setting(
        module="white_label",
        key="custom_logos",
        label=_("Use custom logos?"),
        document="Usar logos personalizados?",
        kind=Kind.BOOL,
        default=False,
        group=_LOGOS,
        effect="the logo at the top of the menu and the icon of the browser's tab",
    ),
    *(
        Setting(
            module="white_label",
            key=key,
            label=label,
            document="Usar logos personalizados?",
            kind=Kind.IMAGE,
            default=None,
            image=image,
            only_with="custom_logos",
            group=_LOGOS,
            help=_IMAGE,
            effect=effect,
        )
        for key, image, label, effect in (
            ("logo_light", "light", _("Logo on light ground"), "the top of the menu in the light theme"),
            ("logo_dark", "dark", _("Logo on dark ground"), "the top of the menu in the dark theme"),
            ("tab_icon", "icon", _("Icon of the browser's tab"), "the browser's tab"),
        )
    ),
)

DECLARED: dict[str, Setting] = {each.name: each for each in (*_DEALS, *_TASKS, *_WHITE_LABEL)}


def declared_of(slug: str) -> list[Setting]:
    """The module's settings in the order of the screen."""
    return [each for each in DECLARED.values() if each.module == slug]


def one(slug: str, key: str) -> Setting | None:
    """The setting of that name, or None."""
    return DECLARED.get(f"{slug}.{key}")
