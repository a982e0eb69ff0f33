"""`flask docs`: the generated documents."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from src.api.insomnia import insomnia_workspace
from src.extensions import api

DOCS = Path(__file__).parent.parent.parent / "docs"

docs_cli = AppGroup("docs", help="The API's documents.")


def openapi_text() -> str:
    """Return docs/openapi.json as the routes have it."""
    return json.dumps(api.spec.to_dict(), indent=2, ensure_ascii=False) + "\n"


def insomnia_text() -> str:
    """Return docs/insomnia_workspace.yaml as the routes have it."""
    # Here, since only who changes the API has it: it comes with requirements-dev.txt.
    import yaml  # type: ignore[import-untyped]

    workspace = insomnia_workspace(api.spec.to_dict())
    text: str = yaml.safe_dump(workspace, sort_keys=False, allow_unicode=True, width=110)
    return text


@docs_cli.command("write")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=DOCS, show_default=False)
def write_docs(folder: Path) -> None:
    """Write openapi.json and insomnia_workspace.yaml to docs/ (or FOLDER) from the routes."""
    for name, text in (("openapi.json", openapi_text()), ("insomnia_workspace.yaml", insomnia_text())):
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(f"{folder / name}: {len(text)} characters")
