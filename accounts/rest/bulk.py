"""Up to 1,000 rows in one call: each is found, made or changed on its own, and told on its own (S18)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import problems, sent_bodies
from accounts.idempotency import answer_in_parts
from accounts.models import Account
from accounts.rest.errors import AmbiguousMatch, NotHere, TooManyRows
from accounts.rest.fields import IdField, Strict, read_id, rows_of
from accounts.rest.parsing import BoundedJSON, unkept
from accounts.rest.resource import Operation
from accounts.rest.schema import ProblemSerializer

MOST = 1000  # rows in a call
CHUNK = 100  # rows that commit together: others wait for no longer than that

DESCRIPTION = (
    "Each row is found by its `id`, else by the key that `match` names; what is found is changed, what is "
    "not is created (but for a deal's `number`: the account gives those). Rows succeed and fail alone: "
    "`results` has one entry for each, in the order sent."
)


class BulkJSON(BoundedJSON):
    """A larger body for many rows."""

    most = sent_bodies.MOST
    apart = "rows"


@dataclass(frozen=True, kw_only=True)
class Unkept:
    """Stands for a row whose text cannot be kept: neither looked for nor written; `errors` per field."""

    errors: Mapping[str, list[str]]


class Rows(serializers.ListSerializer[Any]):
    """The rows as they were sent: each is read later, so that one that cannot be read spoils no other."""

    def to_internal_value(self, data: Any) -> Any:
        """The list; raises TooManyRows."""
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if not data:
            self.fail("empty")
        if len(data) > MOST:
            words = _("%(count)s rows are too many for one call: send at most %(most)s.")
            raise TooManyRows(words % {"count": len(data), "most": MOST})
        return data


class Row(Strict):
    """One row as the OpenAPI document shows it: what is left out stays as it is."""

    id = serializers.CharField(required=False, help_text="Of the row that is meant, where it is known.")

    class Meta:
        list_serializer_class = Rows

    def get_fields(self) -> dict[str, Any]:
        """Nothing is required of a row that is there already."""
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class RowResult(Strict):
    """What became of one row."""

    index = serializers.IntegerField(read_only=True, help_text="Its place in `rows`, from 0.")
    status = serializers.ChoiceField(("created", "updated", "unchanged", "failed"), read_only=True)
    id = IdField(allow_null=True)
    problem = ProblemSerializer(allow_null=True, read_only=True, help_text="Why it failed.")


class BulkAnswer(Strict):
    """How many rows went which way, and each on its own."""

    created = serializers.IntegerField(read_only=True)
    updated = serializers.IntegerField(read_only=True)
    unchanged = serializers.IntegerField(read_only=True)
    failed = serializers.IntegerField(read_only=True)
    results = RowResult(many=True, read_only=True)


@dataclass(frozen=True, kw_only=True)
class Match:
    """What rows are matched by: the key of a row as sent and as stored ("" is none), and who has it.

    `check` raises ValidationError for a key that cannot be read where blank is no answer. `stranger` is the
    refusal of a key that nobody has; None makes a new row of it.
    """

    sent: Callable[[Mapping[str, Any]], str]
    stored: Callable[[Any], str]
    found: Callable[[Sequence[str]], Iterable[Any]]
    check: Callable[[Mapping[str, Any]], None] = lambda _sent: None
    stranger: Callable[[str], NotHere] | None = None


class Known:
    """The account's rows that a chunk can mean: by id, and by the key that it is matched by."""

    def __init__(self, match: Match) -> None:
        self._match = match
        self._by_id: dict[int, Any] = {}
        self._by_key: dict[str, set[int]] = defaultdict(set)

    def learn(self, row: Any) -> None:
        """This is how the row stands now."""
        before = self._by_id.get(row.pk)
        if before is not None:
            self._by_key[self._match.stored(before)].discard(row.pk)
        self._by_id[row.pk] = row
        self._by_key[self._match.stored(row)].add(row.pk)

    def meant(self, sent: Mapping[str, Any]) -> Any:
        """The row that is meant, None where a new one is.

        Raises ValidationError for an id or key that cannot be read, NotHere, AmbiguousMatch.
        """
        if "id" in sent:
            return self._named(sent["id"])
        self._match.check(sent)
        key = self._match.sent(sent)
        ids = sorted(self._by_key[key]) if key else []
        if len(ids) > 1:
            raise AmbiguousMatch(ids=[str(id) for id in ids[:10]])
        if not ids and key and self._match.stranger is not None:
            raise self._match.stranger(key)
        return self._by_id[ids[0]] if ids else None

    def _named(self, id: object) -> Any:
        """The row of that id: a blank one is refused, because it may stand for a row that is known."""
        number = read_id(id)
        if number is None:
            words = _("Write an id, such as “42”, or leave it out to make a new row.")
            raise serializers.ValidationError({"id": [words]})
        row = self._by_id.get(number)
        if row is None:
            raise NotHere
        return row


def operation(*, noun: str, body: type[Strict]) -> Operation:
    """The entry of a resource's `operations`; `noun` as in "Create or change many persons"."""
    return Operation(
        summary=f"Create or change many {noun}",
        description=DESCRIPTION,
        request=body,
        response=BulkAnswer,
        parts=True,
    )


class Bulk:
    """POST on `<collection>/bulk/`; the resource says how rows are matched, made and changed."""

    row_body: ClassVar[type[Strict]]
    pointers: ClassVar[Sequence[str]] = ("id",)  # of a row as sent, which say who is meant and write nothing

    def matched_by(self, match: str) -> Match:
        """How rows are matched by this word; "" is the resource's own way. ValidationError for another."""
        raise NotImplementedError

    def make(self, values: dict[str, Any]) -> Any:
        """A new row."""
        raise NotImplementedError

    def change(self, row: Any, values: dict[str, Any]) -> Any:
        """The row as changed."""
        raise NotImplementedError

    @action(detail=False, methods=["post"], parser_classes=(BulkJSON,))
    def bulk(self: Any, _request: Request) -> Response:
        """How many went which way, and each row."""
        body = self.read()
        match, rows = self.matched_by(body.get("match", "")), [_keepable(row) for row in body["rows"]]
        starts = range(0, len(rows), CHUNK)
        parts = [partial(self.do_part, match, rows[start : start + CHUNK], start) for start in starts]
        return answer_in_parts(once=self.once, parts=parts, finish=_answer, now=timezone.now())

    def do_part(self: Any, match: Match, rows: list[Any], start: int) -> list[dict[str, Any]]:
        """Rows that commit together, one after the other; what an earlier one made a later one finds.

        Two calls at once would both find nothing and make everything twice: the account's parts take turns,
        under a lock that lets everybody else write.
        """
        Account.objects.select_for_update(no_key=True).get(pk=self.request.account.pk)
        known = Known(match)
        objects = [row for row in rows if isinstance(row, Mapping)]
        ids = [id for row in objects if (id := read_id(row.get("id"))) is not None]
        for row in rows_of(self.model, self.request.account).filter(pk__in=ids):
            known.learn(row)
        for row in match.found(sorted({key for row in objects if (key := match.sent(row))})):
            known.learn(row)
        return [self.do_row(known, row, index) for index, row in enumerate(rows, start)]

    def do_row(self: Any, known: Known, sent: Any, index: int) -> dict[str, Any]:
        """What became of one row; what is refused leaves nothing behind and says why."""
        try:
            with transaction.atomic():
                status, row = self.upsert(known, sent)
        except problems.refusals() as refusal:
            return {"index": index, "status": "failed", "id": None, "problem": problems.told(refusal)}
        known.learn(row)
        return {"index": index, "status": status, "id": str(row.pk), "problem": None}

    def upsert(self: Any, known: Known, sent: Any) -> tuple[str, Any]:
        """What became of it, and the row."""
        if isinstance(sent, Unkept):
            raise serializers.ValidationError(sent.errors)
        if not isinstance(sent, Mapping):
            raise serializers.ValidationError(_("A row is one JSON object."))
        row = known.meant(sent)
        data = {name: value for name, value in sent.items() if name not in self.pointers}
        context = self.get_serializer_context()
        serializer = self.row_body(instance=row, data=data, partial=row is not None, context=context)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        if row is None:
            return "created", self.make(values)
        changed = self.change(row, values)
        return ("unchanged" if changed.version == row.version else "updated"), changed


def _keepable(row: Any) -> Any:
    """The row as it was sent, or what stands for it."""
    errors = unkept(row) if isinstance(row, dict) else {}
    return Unkept(errors=errors) if errors else row


def _answer(results: list[Any]) -> Response:
    counts = dict.fromkeys(("created", "updated", "unchanged", "failed"), 0)
    for each in results:
        counts[each["status"]] += 1
    return Response({**counts, "results": results})
