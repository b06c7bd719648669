"""`alerter`: every command, by name."""

import typer

from alerter.cli import (
    backfill,
    backtest,
    check,
    database,
    diff,
    doctor,
    explain,
    history,
    outbox,
    preview,
    rules,
    service,
    status,
    testing,
    usage,
)
from alerter.cli.faults import Commands

app = typer.Typer(
    name="alerter",
    cls=Commands,
    help="Tells in time when Fortanix DSM licenses run out, or are on course to.",
    epilog="Example: alerter demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"alerter {version('alerter')}")
        raise typer.Exit


@app.callback()
def alerter(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print it and leave."),
) -> None:
    """Tells in time when Fortanix DSM licenses run out, or are on course to."""


app.command(epilog="Example: alerter run --rules /etc/alerter/rules --database /var/lib/alerter/alerter.db")(
    service.run
)
app.command(epilog="Example: alerter demo")(service.demo)
app.command(epilog="Example: alerter check --dry-run --fail-on warning")(check.check)
app.command(epilog="Example: alerter validate rules/ --strict --format github")(rules.validate)
app.command("test", epilog="Example: alerter test rules/ --junit results.xml")(testing.run_tests)
app.command(epilog="Example: alerter status --output csv > licenses.csv")(status.status)
app.command(epilog="Example: alerter history --since 7d")(history.history)
app.command(epilog="Example: alerter explain quota-used --at 2026-05-09")(explain.explain)
app.command(epilog="Example: alerter usage --license acme-enterprise --since 90d --output csv > usage.csv")(usage.usage)
app.command(epilog="Example: alerter backfill --days 400")(backfill.backfill)
app.command(epilog="Example: alerter backtest --since 180d --rules-from new-rules/")(backtest.backtest)
app.command(epilog="Example: alerter simulate --grow num_operations=+5%/w --days 120")(backtest.simulate)
app.command(epilog="Example: alerter diff rules/ new-rules/")(diff.diff)
app.command(epilog="Example: alerter preview quota-used --channel finance-mail --html mail.html")(preview.preview)
app.command("send-test", epilog="Example: alerter send-test finance-slack")(preview.send_test)
app.command(epilog="Example: alerter doctor --output json")(doctor.doctor)
app.command(epilog="Example: alerter schema > rules/schema.json")(rules.schema)
app.add_typer(database.app, name="db")
app.add_typer(outbox.app, name="outbox")
