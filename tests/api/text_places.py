"""Every place of a request where a text can stand, as the OpenAPI document has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

JSON = "application/json"


class TextPlaces:
    """The places of a document, and which texts have stood there.

    A place is called by its operation and the way to it, such as `PATCH /api/workflows/state body<updateContext>.context.{}`:
    `{}` is a value under any name, `{name}` that name itself, `[]` an item, and `<updateContext>` the body of that kind.

    Args:
        document: As the server gives it.
        texts: Those that are looked for in requests.
    """

    def __init__(self, document: dict[str, Any], texts: Collection[str]) -> None:
        self._document = document
        self._texts = frozenset(texts)
        self.seen: dict[str, set[str]] = {place: set() for place in self._all()}
        """The texts that were sent, by place."""

    def note(self, operation: str, where: str, text: str) -> None:
        """Note that a text is sent in a query, a path or a header, or as a whole body.

        Args:
            operation: Such as `GET /api/workflows/{workflow_id}`.
            where: Such as `path:workflow_id`.
            text: It.
        """
        if text in self._texts:
            self.seen[f"{operation} {where}"].add(text)

    def note_body(self, operation: str, body: Any) -> None:
        """Note all texts that are sent in a JSON body.

        Args:
            operation: Such as `POST /api/workflows`.
            body: It.
        """
        method, path = operation.split(" ")
        schema = self._document["paths"][path][method.lower()]["requestBody"]["content"][JSON]["schema"]
        for where, text in self._within(schema, body, "body"):
            self.note(operation, where, text)

    def _all(self) -> Iterator[str]:
        for path, operations in self._document["paths"].items():
            for method, operation in operations.items():
                called = f"{method.upper()} {path}"
                for parameter in operation.get("parameters", ()):
                    if any(self._places(parameter["schema"], called)):
                        yield f"{called} {parameter['in']}:{parameter['name']}"
                for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                    yield from (f"{called} {place}" for place in self._places(content["schema"], "body" if kind == JSON else kind))

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def _branches(self, schema: dict[str, Any], where: str) -> tuple[str, list[tuple[str, str, dict[str, Any]]]]:
        """The name by which a union tells its kinds apart, and each kind with its way and its schema; the schema itself when it is none."""
        chosen = schema.get("discriminator", {})
        kinds = {ref: tag for tag, ref in chosen.get("mapping", {}).items()}
        found = []
        for one in schema.get("anyOf", schema.get("oneOf", (schema,))):
            tag = kinds.get(one.get("$ref", ""), "")
            found.append((tag, f"{where}<{tag}>" if tag else where, self._resolved(one)))
        return chosen.get("propertyName", ""), found

    def _places(self, given: dict[str, Any], where: str) -> Iterator[str]:
        name, branches = self._branches(self._resolved(given), where)
        if name:
            yield f"{where}.{name}"
        for _, way, schema in branches:
            if "anyOf" in schema or "oneOf" in schema:
                yield from self._places(schema, way)
            elif schema.get("type") == "object":
                for key, inner in schema.get("properties", {}).items():
                    yield from (place for place in self._places(inner, f"{way}.{key}") if key != name)
                if schema.get("additionalProperties"):
                    yield f"{way}.{{name}}"
                    yield from self._places(schema["additionalProperties"], f"{way}.{{}}")
            elif schema.get("type") == "array":
                yield from self._places(schema["items"], f"{way}[]")
            elif schema.get("type", "string") == "string":
                yield way

    def _within(self, given: dict[str, Any], value: Any, where: str) -> Iterator[tuple[str, str]]:
        name, branches = self._branches(self._resolved(given), where)
        if name and value[name] in self._texts:
            yield f"{where}.{name}", value[name]
            return
        for tag, way, schema in branches:
            if tag and value[name] != tag:
                continue
            if "anyOf" in schema or "oneOf" in schema:
                yield from self._within(schema, value, way)
            elif isinstance(value, dict) and schema.get("type") == "object":
                known = schema.get("properties", {})
                for key, inner in value.items():
                    if key in known:
                        yield from self._within(known[key], inner, f"{way}.{key}")
                    elif schema.get("additionalProperties"):
                        yield f"{way}.{{name}}", key
                        yield from self._within(schema["additionalProperties"], inner, f"{way}.{{}}")
            elif isinstance(value, list) and schema.get("type") == "array":
                for inner in value:
                    yield from self._within(schema["items"], inner, f"{way}[]")
            elif isinstance(value, str) and schema.get("type") == "string":
                yield way, value
            elif "type" not in schema:
                yield from ((way, text) for text in texts_in(value))


def texts_in(value: Any) -> Iterator[str]:
    """All texts of a JSON value, names too.

    Args:
        value: It.
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
