"""A custom value in a query, as text, whatever its key looks like."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, F, Func, Value


class CustomText(Func):
    """The value of `key` in the column `custom`, NULL where there is none.

    Django's own look-up takes `__` in a key for a path and digits for a place in a list.
    """

    output_field = CharField()

    def __init__(self, key: str, column: str = "custom") -> None:
        super().__init__(F(column), Value(key))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """PostgreSQL's own function."""
        return self.as_sql(compiler, connection, function="jsonb_extract_path_text", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The key as a path in quotes, which no key can hold."""
        template = """JSON_EXTRACT(%(expressions)s || '"')"""
        return self.as_sql(compiler, connection, template=template, arg_joiner=""", '$."' || """, **context)
