"""X6 on screen and at the command line."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import translation

from accounts.models import Account, AuditEntry, Team
from tests.integrations.configuration.furnished import furnish, planned
from tests.integrations.shown import TOKEN

pytestmark = pytest.mark.django_db

TEAMS = "format: 1\nteams:\n  - Vendas Sul\n"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def client(world, client_of):
    world.admin.language = "en"
    world.admin.save()
    return client_of(world.admin)


def send(client, world, do: str, **data):
    return client.post(f"/configuration/{do}/", {"account": world.account.pk, **data})


def test_x6_administrators_only(world, client_of) -> None:
    seller = client_of(world.seller)
    for path in ("/configuration/", "/configuration/download/"):
        assert seller.get(path).status_code == 403
    for do in ("plan", "apply"):
        assert send(seller, world, do, text=TEAMS, digest="x").status_code == 403
    assert not Team.objects.of(world.account).exists()


def test_x6_download_is_the_file(world, client) -> None:
    furnish(world)
    answer = client.get("/configuration/download/")
    assert answer["Content-Type"].startswith("application/yaml")
    assert answer["Content-Disposition"].startswith('attachment; filename="casa-')
    assert yaml.safe_load(answer.content)["account"] == "Casa"
    assert TOKEN.encode() not in answer.content


def test_x6_the_page_is_in_the_menu_and_says_what_is_inside(world, client) -> None:
    page = client.get("/configuration/").content.decode()
    assert 'href="/configuration/download/"' in page
    assert "No password, token or key" in page
    assert "Configuration" in client.get("/").content.decode() or "/configuration/" in page


def test_x6_upload_plan_confirm_result(world, client) -> None:
    file = SimpleUploadedFile("conta.yaml", TEAMS.encode(), content_type="application/yaml")
    answer = send(client, world, "plan", file=file)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Vendas Sul" in page
    assert "In the file" in page
    assert not Team.objects.of(world.account).exists()
    digest, typed = answer.context["plan"].digest, answer.context["typed"]
    done = send(client, world, "apply", text=typed, digest=digest)
    assert "The file is applied" in done.content.decode()
    assert Team.objects.of(world.account).get().name == "Vendas Sul"
    entry = AuditEntry.objects.of(world.account).get(action="configuration.applied")
    assert entry.actor == world.admin
    nothing = send(client, world, "plan", text=TEAMS)
    assert "There is nothing to do" in nothing.content.decode()
    assert b'name="digest"' not in nothing.content


def test_x6_somebody_was_quicker_shows_the_new_plan(world, client) -> None:
    digest = send(client, world, "plan", text=TEAMS + "  - Norte\n").context["plan"].digest
    Team.objects.of(world.account).create(account=world.account, name="Norte")
    answer = send(client, world, "apply", text=TEAMS + "  - Norte\n", digest=digest)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "The account changed since the plan was made" in page
    assert answer.context["plan"].digest != digest
    assert Team.objects.of(world.account).count() == 1


@pytest.mark.parametrize("do", ["plan", "apply"])
def test_x6_mistakes_are_shown_with_lines_and_the_text_stays(world, client, do: str) -> None:
    answer = send(client, world, do, text="format: 1\nteams: <x>\n")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "line 2" in page
    assert "teams: &lt;x&gt;" in page


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"x" * 1_000_001, b""])
def test_x6_a_file_that_is_none(world, client, raw: bytes) -> None:
    answer = send(client, world, "plan", file=SimpleUploadedFile("x.yaml", raw or b" "))
    assert answer.status_code == 422
    assert answer.context["mistakes"]


def test_x6_names_are_escaped(world, client) -> None:
    page = send(client, world, "plan", text='format: 1\nteams: ["<script>x</script>"]\n').content.decode()
    assert "<script>x" not in page


def test_x6_what_waits_is_on_the_page(world, client) -> None:
    furnish(world)
    from integrations.configuration import services
    from tests.integrations.configuration.furnished import ORIGIN, fresh, put_in

    text = services.export(world.account)
    other = fresh()
    put_in(other, text)
    assert planned(other, text).steps
    client.post("/account/switch/", {"to": other.pk, "account": world.account.pk})
    session = client.session
    from accounts.middleware import ACCOUNT_KEY

    session[ACCOUNT_KEY] = other.pk
    session.save()
    page = client.get("/configuration/").content.decode()
    assert "3 things of a file wait" in page
    assert ORIGIN
    left = [{"kind": "automation", "path": ["Funil", "Enviar"], "why": "The partner does not list “X”."}]
    Account.objects.filter(pk=other.pk).update(prepared={"refused": left})
    page = client.get("/configuration/").content.decode()
    assert "Left out of the last file" in page
    assert "Funil › Enviar" in page
    assert "does not list “X”" in page


def command(*args: str, code: int = 0) -> str:
    out = StringIO()
    if code:
        with pytest.raises(SystemExit) as ended:
            call_command("configuration", *args, stdout=out)
        assert ended.value.code == code
    else:
        call_command("configuration", *args, stdout=out)
    return out.getvalue()


def test_x6_commands_and_their_exit_codes(world, tmp_path: Path) -> None:
    furnish(world)
    number, file = f"--account={world.account.pk}", tmp_path / "conta.yaml"
    command("export", str(file), number)
    assert yaml.safe_load(command("export", number)) | {"exported_at": ""} == yaml.safe_load(
        file.read_text(encoding="utf-8")
    ) | {"exported_at": ""}
    assert command("diff", str(file), number) == ""
    assert "as they are" in command("plan", str(file), number)
    file.write_text(TEAMS + "  - Norte\nfunnels:\n  - name: Vazio\n", encoding="utf-8")
    assert "Team Norte" in command("diff", str(file), number, code=2)
    told = command("plan", str(file), number, code=2)
    assert "Cannot: Funnel Vazio (A new funnel needs one stage at least.)" in told
    digest = told.rpartition("digest ")[2].strip()
    with pytest.raises(CommandError, match="The account changed"):
        call_command("configuration", "apply", str(file), number, "--digest=0")
    assert "Nothing was applied" in command("apply", str(file), number, code=2)
    assert not Team.objects.of(world.account).filter(name="Norte").exists()
    command("apply", str(file), number, f"--digest={digest}", code=3)
    assert Team.objects.of(world.account).filter(name="Norte").exists()
    command("plan", str(file), number, code=3)
    file.write_text(TEAMS, encoding="utf-8")
    command("apply", str(file), number)
    file.write_text("format: 1\nteams: [Oeste]\n", encoding="utf-8")
    command("apply", str(file), number, "--yes")
    assert Team.objects.of(world.account).filter(name="Oeste").exists()
    entry = AuditEntry.objects.of(world.account).filter(action="configuration.applied").last()
    assert entry.actor_label == "manage.py configuration"


def test_x6_commands_refuse_in_words(world, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("format: 1\nteams: x\n", encoding="utf-8")
    with pytest.raises(CommandError, match="line 2, teams"):
        call_command("configuration", "plan", str(file), f"--account={world.account.pk}")
    with pytest.raises(CommandError, match="no account"):
        call_command("configuration", "export", "--account=0")
    with pytest.raises(CommandError, match="No such file"):
        call_command("configuration", "plan", str(tmp_path / "y"), f"--account={world.account.pk}")


def test_x6_differences_are_told_as_people_call_them(world, client) -> None:
    text = "\n".join(
        [
            "format: 1",
            "modules:",
            "  deals:",
            "    settings: {gender: feminine, singular: visita}",
            "fields:",
            "  person:",
            "    - {key: cargo, label: Cargo, type: long_text, writer: once}",
            "profiles:",
            "  - {name: Leitor, permissions: [records.write]}",
            "",
        ]
    )
    found = send(client, world, "plan", text=text).context["differences"]
    lines = [(line["what"], line["now"], line["file"]) for each in found for line in each["lines"]]
    assert ("Gender of the entity", "Masculine", "Feminine") in lines
    told = " ".join(str(each) for line in lines for each in line)
    for code in ("gender", "feminine", "long_text", "writer", "records.write"):
        assert code not in told.split()
