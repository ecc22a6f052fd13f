"""Concurrent arrivals of the same person and company make one row each (M15)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection

from accounts.models import Account
from funnels import services
from funnels.models import Company, Person
from tests import factories

THREADS = 6


def all_at_once(do: Callable[[int], object]) -> list[object]:
    """Runs `do` in each thread, started together; what the store's own lock refuses is tried again."""
    start, made = threading.Barrier(THREADS), []

    def work(number: int) -> None:
        start.wait(timeout=10)
        try:
            for _try in range(400):
                try:
                    made.append(do(number))
                except OperationalError:  # SQLite's single writer: the lane would come back
                    time.sleep(0.05)
                else:
                    return
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return made


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_m15_one_person_and_one_company_however_many_arrive_at_once() -> None:
    account: Account = factories.AccountFactory()
    persons = all_at_once(
        lambda number: (
            services.ensure_person(
                account=account,
                name=f"Nina {number}",
                email="Nina@NovaFirma.example" if number % 2 else "nina@novafirma.example",
                origin=factories.SYSTEM,
            ).pk
        )
    )
    companies = all_at_once(
        lambda number: (
            services.ensure_company(
                account=account,
                name="Padaria São João" if number % 2 else "PADARIA SAO JOAO",
                document="11.444.777/0001-61" if number % 2 else "11444777000161",
                origin=factories.SYSTEM,
            ).pk
        )
    )
    assert (len(persons), len(set(persons)), Person.unscoped.count()) == (THREADS, 1, 1)
    assert (len(companies), len(set(companies)), Company.unscoped.count()) == (THREADS, 1, 1)
