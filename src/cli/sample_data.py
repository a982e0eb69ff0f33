"""`flask sample-data`: a file to try the service with."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("sample-data")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--rows", type=click.IntRange(min=1), default=100_000, show_default=True, help="How many atendimentos.")
@click.option("--clientes", type=click.Path(dir_okay=False, path_type=Path), help="Write their clientes to this file.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=2021, show_default=True, help="Another seed gives another file."
)
@click.option("--no-mess", is_flag=True, help="No bad rows, and nothing odd but the formats of the dates.")
def sample_data(out: Path, rows: int, clientes: Path | None, seed: int, no_mess: bool) -> None:
    """Write a CSV in the format of the challenge's file to OUT; equal options give equal files."""
    # numpy and the tables of dates are only worth loading for this command.
    from src.services.sample_data import write_sample

    if "-" in (str(out), str(clientes)):
        raise click.UsageError("Give a file name: a sample is not written to standard output.")
    if clientes and clientes.resolve() == out.resolve():
        raise click.UsageError("Give the clientes a file of their own: OUT is for the atendimentos.")
    try:
        summary = write_sample(out, rows, clientes_path=clientes, seed=seed, mess=not no_mess)
    except OSError as error:
        raise click.ClickException(f"{error.filename} can't be written: {error.strerror}.") from error
    click.echo(
        f"{out}: {summary.rows:,} rows, {summary.rejected:,} of them bad; {summary.attended:,} attended, "
        f"{summary.on_time:,} on time, {summary.pending:,} pending; {summary.clientes:,} clientes; "
        f"{summary.size_bytes / 1e6:,.1f} MB."
    )
