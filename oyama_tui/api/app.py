"""The application: all endpoints behind the guard."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import JsonSchemaMode
from starlette.types import ASGIApp

from oyama_tui import __version__
from oyama_tui.api.guard import Bounds, Guard
from oyama_tui.api.measuring import Measuring
from oyama_tui.api.models.base import Body, Model
from oyama_tui.api.models.workflows import Definition
from oyama_tui.api.problems import MEDIA_TYPE, Problem, tell_problems
from oyama_tui.api.replay import KEY_PARAMETER, Replay
from oyama_tui.api.routes import approvals, comparing, events, execute, executions, rollback, states, stats, system, workflows
from oyama_tui.api.streams import Streams
from oyama_tui.studio import Studio

PROBLEMS: Final = ("400", "401", "403", "404", "405", "406", "408", "409", "412", "413", "415", "421", "422", "429", "431", "500", "503")
"""The statuses with which a request may be refused."""

WITHOUT_ENDPOINT: Final[tuple[tuple[type[Model | Body], JsonSchemaMode], ...]] = ((Problem, "serialization"), (Definition, "validation"))
"""What no endpoint takes or gives as a model: failures, and definitions, which may be YAML too."""


def make_app(studio: Studio, hosts: Collection[str], bounds: Bounds | None = None, streams: Streams | None = None) -> ASGIApp:
    """The whole API.

    Args:
        studio: What it acts with; each request acts for the person whose token it shows.
        hosts: The names and ports by which the server may be asked for.
        bounds: What a request may take.
        streams: Those who follow what happens.
    """
    return Guard(Replay(endpoints(streams)), studio, hosts, bounds or Bounds())


def endpoints(streams: Streams | None = None) -> FastAPI:
    """The endpoints alone; the guard says whose request it is.

    Args:
        streams: Those who follow what happens.
    """
    app = FastAPI(title="Oyama", version=__version__, docs_url=None, redoc_url=None, openapi_url="/openapi.json", redirect_slashes=False)
    app.state.streams, app.state.measuring = streams or Streams(), Measuring()
    tell_problems(app)
    for module in (approvals, execute, states, rollback, executions, events, stats, comparing, workflows, system):
        app.include_router(module.router)
    app.openapi = lambda: described(app)  # type: ignore[method-assign]
    return app


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: with the token, and with what failures look like.

    Args:
        app: The application.
    """
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary="Start durable workflows, answer their questions, look at what they did.",
            description="All moments are ISO 8601 in UTC, all lengths of time milliseconds. Failures are problem documents (RFC 9457).",
            routes=app.routes,
        )
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for model, mode in WITHOUT_ENDPOINT:
            schema = model.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}", mode=mode)
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "description": "From `oyama token create NAME`."}}
        document["security"] = [{"token": []}]
        refused = {"description": "Refused.", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        for path in document["paths"].values():
            for method, operation in path.items():
                operation["responses"].update(dict.fromkeys(PROBLEMS, refused))
                if method == "post":
                    operation.setdefault("parameters", []).append(KEY_PARAMETER)
        app.openapi_schema = document
    return app.openapi_schema
