"""How the code is laid out: sizes, names, docstrings, arrows between tables (house.md)."""

from __future__ import annotations

import ast
import re

import pytest
from django.apps import apps
from django.db.models import Model

from tests.house.code import PARTNERS, ROOT, Module, modules, partner_slugs, product

LINES = 300
SPEAKING_LINES, SHOWN_LINES = 2800, 900  # the split and its reason: integrations/partners/README.md
SHOWN = ("admin.py", "api.py", "configuration.py", "forms.py", "pages.py", "setup.py")
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
LAYERS = ("accounts", "funnels", "mapping", "integrations")  # lowest first: a key points down or stays
INSIDE = ("integrations.models", "integrations.partners")
# Django's own and libraries' tables stand below ours.
FOREIGN = -1
OWN_DATA = ("integrations/demo_data.py",)  # tables of invented people, not code


def ids(module: Module) -> str:
    return module.path


@pytest.mark.parametrize("module", modules(), ids=ids)
def test_a_module_has_one_sentence_and_at_most_300_lines(module: Module) -> None:
    words = ast.get_docstring(module.tree)
    assert words, f"{module.path}: its first line says in one sentence what it is"
    assert "\n" not in words, f"{module.path}: one line"
    assert len(re.findall(r"[.!?](?:\s|$)", words)) == 1, f"{module.path}: one sentence, ended: {words}"
    assert len(module.source.splitlines()) <= LINES, f"{module.path}: split it"


@pytest.mark.parametrize("module", modules(), ids=ids)
def test_no_module_is_named_after_nothing(module: Module) -> None:
    assert not FORBIDDEN_NAMES & set(module.path.removesuffix(".py").split("/"))


def test_foreign_keys_obey_the_arrows() -> None:
    """A table never points at one above: funnels know no mapping, it no integration."""
    wrong = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if getattr(field, "remote_field", None) and field.concrete and isinstance(field.related_model, type)
        if height(model) != (FOREIGN, "") and not below(field.related_model, model)
    ]
    assert wrong == []


def height(model: type[Model]) -> tuple[int, str]:
    """How high a table stands and, for a partner's, whose it is."""
    module = model.__module__
    top = module.partition(".")[0]
    if top not in LAYERS:
        return FOREIGN, ""
    if module.startswith("integrations.partners."):
        return len(LAYERS), module.split(".")[2]
    return LAYERS.index(top), ""


def below(target: type[Model], source: type[Model]) -> bool:
    there, here = height(target), height(source)
    return there[0] < here[0] or there == here


def test_every_table_of_ours_has_its_account() -> None:
    """Every table has the tenant, not null; what stands above tenants is listed."""
    above = {"accounts.Account", "accounts.User", "accounts.Sitting", "integrations.Heartbeat"}
    without = set()
    for model in apps.get_models():
        if height(model)[0] == FOREIGN or model._meta.label in above:
            continue
        field = next((field for field in model._meta.fields if field.name == "account"), None)
        if field is None or field.null:
            without.add(model._meta.label)
    assert without <= {"mapping.TypePair"}, "declared by partners, the same for every account"


@pytest.mark.parametrize("slug", partner_slugs())
def test_no_partners_name_stands_in_shared_code(slug: str) -> None:
    """Adding a partner is one folder and one line in INSTALLED_APPS: nothing else may know its name."""
    shared = product(without=("integrations/partners/",))
    wrong = [
        f"{module.path}:{number}"
        for module in shared
        for number, line in enumerate(module.source.splitlines(), 1)
        if slug in line.lower()
        and not (module.path == "config/settings.py" and "integrations.partners." in line)
    ]
    templates = [
        path.relative_to(ROOT).as_posix()
        for folder in ("accounts", "funnels", "integrations", "mapping", "templates", "static")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".html", ".js", ".css", ".txt"} and PARTNERS not in path.parents
        and slug in path.read_text(encoding="utf-8").lower()
    ]  # fmt: skip
    assert wrong + templates == []


@pytest.mark.parametrize("slug", partner_slugs())
def test_a_partner_stays_small(slug: str) -> None:
    """What speaks to the partner and what shows its settings each stay small; sandbox and samples apart."""
    own = {
        module.path.rpartition("/")[2]: len(module.source.splitlines())
        for module in modules()
        if module.path.startswith(f"integrations/partners/{slug}/")
        and not module.path.rpartition("/")[2].startswith("sandbox")
        and "/samples/" not in module.path
    }
    shown = sum(lines for name, lines in own.items() if name in SHOWN)
    assert shown <= SHOWN_LINES, own
    assert sum(own.values()) - shown <= SPEAKING_LINES, own


@pytest.mark.parametrize("slug", partner_slugs())
def test_every_sample_has_its_golden_answer(slug: str) -> None:
    """hears_*.in.json and says_*.in.json each have .out.json; every HEARS and SAYS row has a sample."""
    folder = PARTNERS / slug / "samples"
    asked = {path.name.removesuffix(".in.json") for path in folder.glob("*.in.json")}
    answered = {path.name.removesuffix(".out.json") for path in folder.glob("*.out.json")}
    assert asked, f"{slug} has samples of its wire"
    assert asked == answered
    assert all(name.startswith(("hears_", "says_")) for name in asked), sorted(asked)
    assert {name.partition("_")[0] for name in asked} == {"hears", "says"}


@pytest.mark.parametrize("slug", partner_slugs())
def test_a_sandbox_imports_nothing_of_its_partner(slug: str) -> None:
    """Each sandbox*.py knows the sandbox's own rooms only, and no Django (house.md, "Arrows")."""
    home = f"integrations.partners.{slug}"
    for module in modules():
        if not module.path.startswith(f"integrations/partners/{slug}/sandbox"):
            continue
        wrong = {
            name
            for name in module.imports
            if name.split(".")[0] in {"django", "accounts", "funnels", "mapping", "config", "integrations"}
            and not name.startswith(("integrations.sandbox", f"{home}.sandbox"))
            and name != home
        }
        assert wrong == set(), module.path


@pytest.mark.parametrize("slug", partner_slugs())
def test_rules_know_no_table(slug: str) -> None:
    """rules.py writes nothing: it imports neither models nor Django's database."""
    for module in modules():
        if module.path == f"integrations/partners/{slug}/rules.py":
            wrong = {
                name for name in module.imports if name.startswith("django.db") or "models" in name.split(".")
            }
            assert wrong == set()


def test_only_the_settings_read_the_environment() -> None:
    """settings.py is the only reader; commands that start processes hand theirs on."""
    allowed = (
        "config/",
        "integrations/management/commands/",
        "integrations/engine/canary.py",  # which cluster this process is in
    )
    wrong = [m.path for m in product(without=allowed) if re.search(r"os\.(environ|getenv)", m.source)]
    assert wrong == []
