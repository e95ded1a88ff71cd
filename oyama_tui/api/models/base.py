"""What all requests and responses have in common: the names of their parts."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

T = TypeVar("T")


class Model(BaseModel):
    """A part of a response, in camel case; moments are ISO 8601 in UTC, lengths of time are milliseconds."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True, frozen=True)


class Body(BaseModel):
    """A part of a request, in camel case; what it does not know is refused, so that nothing is passed over in silence."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=False, extra="forbid", frozen=True)


class Page(Model, Generic[T]):
    """A part of a list."""

    items: list[T] = Field(description="In the order that the endpoint says.")
    total: int = Field(description="How many there are in all.")
    next: str | None = Field(None, description="Give it as `cursor` to get what comes after; none where nothing does.")
    damaged: list[str] = Field(default_factory=list, description="A sentence for each row of the database that cannot be read.")
