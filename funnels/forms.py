"""The forms of the CRM's screens; every choice comes from the account's own rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.origin import Origin
from funnels import queries, services, values
from funnels.fields import FieldType
from funnels.inputs import MoneyField, PhonesField, local_datetime
from funnels.models import CheckIn, Company, CustomField, Deal, InteractionRecord, LossReason, Person, Stage
from funnels.standing import MemberField, or_standing


class ChosenContacts(forms.Form):
    """A company and a person, each chosen by search or typed anew; the views make what is new."""

    person = forms.ModelChoiceField(queryset=None, required=False, widget=forms.HiddenInput)
    person_name = forms.CharField(label=_("Main contact"), max_length=200, required=False)
    person_email = forms.EmailField(label=_("E-mail of the new person"), max_length=254, required=False)
    person_phone = forms.CharField(
        label=_("Phone of the new person"),
        max_length=40,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "tel", "placeholder": "(11) 98765-4321", "autocomplete": "off"}
        ),
    )
    company = forms.ModelChoiceField(queryset=None, required=False, widget=forms.HiddenInput)
    company_name = forms.CharField(label=_("Company"), max_length=200, required=False)

    def __init__(
        self, *args: Any, account: Account, standing: Deal | Person | None = None, **kwargs: Any
    ) -> None:
        """`standing`: the row that is edited; what it names may stay, though it was deleted meanwhile."""
        super().__init__(*args, **kwargs)
        self.account = account
        living = {"person": queries.living_persons(account), "company": queries.living_companies(account)}
        for name, rows in living.items():
            if name in self.fields:
                field: Any = self.fields[name]
                every = rows.model.objects.of(account)
                field.queryset = or_standing(rows, every, ids=[getattr(standing, f"{name}_id", None)])
                there = getattr(standing, name, None)
                if there is not None and there.deleted_at is not None:
                    self.fields[f"{name}_name"].help_text = _("It was deleted. It may stay here.")

    def clean_person_phone(self) -> list[str]:
        typed = self.cleaned_data["person_phone"].strip()
        return PhonesField(required=False).clean([typed] if typed else [])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        contact = cleaned.get("person_email") or cleaned.get("person_phone")
        if contact and not cleaned.get("person") and not cleaned.get("person_name"):
            self.add_error("person_name", gettext("Type the name of the new person."))
        return cleaned


class DealForm(ChosenContacts):
    """What people edit on a card."""

    title = forms.CharField(label=_("Title"), max_length=200)
    amount = MoneyField(label=_("Value (R$)"))
    owner = MemberField(label=_("Owner"), empty_label=_("No owner"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    field_order = ("title", "amount", "owner", "person", "company")

    def __init__(self, *args: Any, standing: Deal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, standing=standing, **kwargs)
        owner: Any = self.fields["owner"]
        owner.offer(self.account, standing=standing.owner_id if standing else None)

    @staticmethod
    def initial_of(deal: Deal) -> dict[str, Any]:
        """What the form shows for a card."""
        return {
            "title": deal.title,
            "amount": deal.amount,
            "owner": deal.owner_id,
            "person": deal.person_id,
            "person_name": deal.person.name if deal.person else "",
            "company": deal.company_id,
            "company_name": deal.company.name if deal.company else "",
            "version": deal.version,
        }


class NewDealForm(DealForm):
    """A new card: also where it starts and who else belongs to it."""

    stage = forms.ModelChoiceField(label=_("Funnel and stage"), queryset=None)
    related = forms.ModelMultipleChoiceField(label=_("Related contacts"), queryset=None, required=False)

    def __init__(self, *args: Any, ask: bool = False, **kwargs: Any) -> None:
        """`ask`: no stage is chosen beforehand (S3)."""
        super().__init__(*args, **kwargs)
        stages = Stage.objects.of(self.account).select_related("funnel")
        field: Any = self.fields["stage"]
        field.queryset = stages.order_by("funnel__position", "funnel_id", "position", "id")
        groups: dict[str, list[tuple[int, str]]] = {}
        for stage in field.queryset:
            groups.setdefault(stage.funnel.name, []).append((stage.pk, f"{stage.funnel.name} · {stage.name}"))
        field.choices = [*([("", _("Choose a funnel and a stage"))] if ask else []), *groups.items()]
        self.fields["related"].queryset = queries.contacts(self.account)  # type: ignore[attr-defined]


class RelatedContactForm(ChosenContacts):
    """A further person of a card: chosen, or typed anew with e-mail and phone."""

    company = company_name = None  # type: ignore[assignment]
    person_name = forms.CharField(label=_("Person"), max_length=200, required=False)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("person") and not cleaned.get("person_name"):
            self.add_error("person_name", gettext("Choose a person or type a name."))
        return cleaned


class PersonForm(ChosenContacts):
    """A person's own data."""

    person = person_name = person_email = person_phone = None  # type: ignore[assignment]
    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phones = PhonesField(label=_("Phones"), required=False)
    again = forms.BooleanField(label=_("The person wants to be known here again"), required=False)  # X8
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @staticmethod
    def initial_of(person: Person) -> dict[str, Any]:
        """What the form shows for a person."""
        return {
            "name": person.name,
            "email": person.email,
            "phones": [phone.typed for phone in person.phones.all()],
            "company": person.company_id,
            "company_name": person.company.name if person.company else "",
            "version": person.version,
        }


class CompanyForm(forms.Form):
    """A company's own data."""

    name = forms.CharField(label=_("Name"), max_length=200)
    document = forms.CharField(label=_("CNPJ"), max_length=18, required=False)
    phones = PhonesField(label=_("Phones"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_document(self) -> str:
        if self.cleaned_data["document"] == self.initial.get("document"):
            return str(self.initial["document"])  # stored before its digits were looked at: it may stay
        try:
            return values.canonical("cnpj", self.cleaned_data["document"])
        except values.Unreadable as unreadable:
            raise ValidationError(unreadable.words) from None

    @staticmethod
    def initial_of(company: Company) -> dict[str, Any]:
        """What the form shows for a company."""
        return {
            "name": company.name,
            "document": values.show_cnpj(company.document),
            "phones": [phone.typed for phone in company.phones.all()],
            "version": company.version,
        }


class RecordForm(forms.Form):
    """An interaction record by hand."""

    type = forms.ChoiceField(label=_("Type"), choices=InteractionRecord.Type.choices)
    text = forms.CharField(
        label=_("What happened"), widget=forms.Textarea(attrs={"rows": 3}), max_length=20000
    )
    occurred_at = forms.DateTimeField(label=_("When (blank: now)"), required=False, widget=local_datetime())


class CheckForm(forms.Form):
    """A check-in or check-out, filled in by the browser."""

    kind = forms.ChoiceField(choices=CheckIn.Kind.choices)
    latitude = forms.DecimalField(min_value=-90, max_value=90, localize=False)
    longitude = forms.DecimalField(min_value=-180, max_value=180, localize=False)
    accuracy = forms.IntegerField(min_value=0, max_value=1_000_000, required=False)
    use_as_place = forms.BooleanField(required=False)


class LoseForm(forms.Form):
    """Why a card is lost: a living reason of its own funnel (M41) and a note."""

    reason = forms.ModelChoiceField(
        label=_("Loss reason"), queryset=None, required=False, empty_label=_("No reason")
    )
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = LossReason.objects.of(deal.account_id).filter(funnel_id=deal.funnel_id, deleted_at=None)
        self.fields["reason"].queryset = reasons.order_by("name")  # type: ignore[attr-defined]


class FunnelForm(forms.Form):
    """A new funnel: its name and its stages, one on each line."""

    name = forms.CharField(label=_("Name of the funnel"), max_length=120)
    stages = forms.CharField(
        label=_("Stages, one on each line"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("In the order in which cards travel. You can add more later."),
    )

    def clean_stages(self) -> Sequence[str]:
        names = [line.strip() for line in self.cleaned_data["stages"].splitlines() if line.strip()]
        if any(len(name) > 120 for name in names):
            raise ValidationError(gettext("A stage's name has 120 characters at most."))
        if len({name.casefold() for name in names}) < len(names):
            raise ValidationError(gettext("Two stages have the same name."))
        if not 1 <= len(names) <= 30:
            raise ValidationError(gettext("Type between 1 and 30 stages."))
        return names


def lines_of(text: str) -> list[str]:
    """What was typed, one a line, without blank ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


class NewFieldForm(forms.Form):
    """A new custom field of deals, persons or companies (M14); `save` makes it or says why not."""

    label = forms.CharField(label=_("Name of the field"), max_length=120)
    type = forms.ChoiceField(label=_("Type"), choices=FieldType.choices)
    options = forms.CharField(
        label=_("Options, one on each line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Only for the type “Predefined options”."),
    )

    def __init__(self, *args: Any, account: Account, entity: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account, self.entity = account, entity

    def clean_options(self) -> list[str]:
        return lines_of(self.cleaned_data["options"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if "type" in cleaned and bool(cleaned.get("options")) != (cleaned["type"] == FieldType.OPTIONS):
            words = gettext("Give options for the type “options”, and only there.")
            self.add_error("options", words)
        return cleaned

    def save(self, *, origin: Origin) -> CustomField | None:
        """The field; None where the form is not valid or the service refused, with the words on the form."""
        if not self.is_valid():
            return None
        try:
            return services.create_custom_field(
                account=self.account, entity=self.entity, origin=origin, **self.cleaned_data
            )
        except services.FieldExists as taken:
            self.add_error("label", taken.words)
        except services.NotAllowed as refused:
            self.add_error(None, refused.words)
        return None
