"""Names of the rows that field values point to, both ways: users, products, clients (M48)."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Membership
from funnels.fields import FieldType, search_key
from funnels.models import Company, Person, Product


class AccountNames:
    """mapping.convert.Names over one account's rows; nothing of another account is ever found."""

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id

    def name(self, type: str, ref: str) -> str | None:
        """The row's name as it is shown, or None for a row that is not there."""
        if type == FieldType.CLIENT:
            kind, _colon, number = ref.partition(":")
            model = {"person": Person, "company": Company}.get(kind)
            if model is None or not number.isdecimal():
                return None
            rows = model.objects.of(self._account_id).filter(pk=int(number), deleted_at=None)
            return rows.values_list("name", flat=True).first()
        if not ref.isdecimal():
            return None
        if type == FieldType.USER:
            members = Membership.objects.of(self._account_id).filter(user=int(ref))
            return members.values_list("user__name", flat=True).first()
        products = Product.objects.of(self._account_id).filter(pk=int(ref), deleted_at=None)
        return products.values_list("name", flat=True).first()

    def refs(self, type: str, name: str) -> Sequence[str]:
        """Every row of that name, case and accents ignored; at most three: two are one too many."""
        key = search_key(name)
        if type == FieldType.CLIENT:
            found: list[str] = []
            for kind, model in (("person", Person), ("company", Company)):
                rows = model.objects.of(self._account_id).filter(name_key=key, deleted_at=None)
                if model is Person:
                    rows = rows.filter(is_ghost=False)
                found += [f"{kind}:{pk}" for pk in rows.values_list("pk", flat=True)[:3]]
            return found
        if type == FieldType.USER:
            members = Membership.objects.of(self._account_id).filter(is_active=True)
            return [
                str(pk) for pk, user in members.values_list("user", "user__name") if search_key(user) == key
            ]
        products = Product.objects.of(self._account_id).filter(name_key=key, deleted_at=None)
        return [str(pk) for pk in products.values_list("pk", flat=True)[:3]]
