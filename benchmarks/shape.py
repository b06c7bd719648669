"""The installation that is measured: one license an account with five quotas, and the shipped example's rule kinds."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from alerter.settings import Settings

ACCOUNT = "acct-{}"
LICENSE = "lic-{}"
QUOTAS = """\
      num_operations: {limit: 50M, per: month}
      tokenization_operations: {limit: 400M, per: year}
      sign_operations: {limit: 20M, per: year}
      apps.generic: {limit: 80}
      apps.aws_cloud_accounts: {limit: 16}
"""
CHECKS = 8
"""What is judged of each account at every poll: five quotas, usage, growth, stale."""

RULES = """\
  month:
    kind: usage
    metrics: [num_operations]
    licenses: ["lic-*"]
    per: month
    thresholds: [{at: 200M, severity: info}]
    notify: [hook-00]
  growth:
    kind: growth
    metrics: [num_operations]
    licenses: ["lic-*"]
    window: 7d
    ignore_below: 10k
    thresholds: [{at: +50%, severity: info}, {at: +200%, severity: warning}]
    notify: [hook-00]
  stale:
    kind: stale
    thresholds: [{at: 2h, severity: warning}, {at: 1d, severity: critical}]
    notify: [hook-00]
"""
QUOTA_RULE = """\
  quota-{0:02d}:
    kind: quota
    {1}
    thresholds: [{{at: 75%, severity: info}}, {{at: 90%, severity: warning}}, {{at: 100%, severity: critical}}]
    notify: [hook-{0:02d}]
"""


def account_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def account_name(number: int) -> str:
    return ACCOUNT.format(f"{number:05d}")


def rules(accounts: int, url: str, starts: date, hooks: int) -> str:
    """A rule file; with more than one hook, each has its own quota rule over an even share of the accounts."""
    lines = ["accounts:\n", *(_account(n, url, hooks) for n in range(accounts))]
    lines += ["licenses:\n", *(_license(n, starts) for n in range(accounts))]
    lines.append("channels:\n")
    lines += [f"  hook-{h:02d}: {{kind: slack, webhook: HOOK_{h:02d}}}\n" for h in range(hooks)]
    lines.append("rules:\n")
    for h in range(hooks):
        lines.append(QUOTA_RULE.format(h, f"labels: {{hook: h{h:02d}}}" if hooks > 1 else 'licenses: ["lic-*"]'))
    return "".join(lines) + RULES


def _account(number: int, url: str, hooks: int) -> str:
    return (
        f"  {account_name(number)}:\n    url: {url}\n    account_id: {account_id(number)}\n"
        f"    credential: KEY_{number:05d}\n    labels: {{hook: h{number % hooks:02d}}}\n"
    )


def _license(number: int, starts: date) -> str:
    name = LICENSE.format(f"{number:05d}")
    return f"  {name}:\n    accounts: [{account_name(number)}]\n    starts: {starts}\n    quotas:\n{QUOTAS}"


def write(folder: Path, accounts: int, url: str, now: datetime, hooks: int = 1) -> None:
    """Rules and a secret for every account and hook. The licenses began 200 days ago."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "secrets").mkdir(exist_ok=True)
    text = rules(accounts, url, (now - timedelta(days=200)).date(), hooks)
    (folder / "rules" / "rules.yaml").write_text(text, encoding="utf-8")
    secrets = {f"KEY_{n:05d}": f"YmVuY2g6c2VjcmV0LW9mLWFjY291bnQt{n:05d}" for n in range(accounts)}
    secrets |= {f"HOOK_{h:02d}": f"{url}/hook/{h:02d}" for h in range(hooks)}
    for name, value in secrets.items():
        (folder / "secrets" / name).write_text(value, encoding="utf-8")


def settings(folder: Path) -> Settings:
    """Asked as fast as it goes: only the client's 20 requests at once hold a round back."""
    return Settings(
        rules=folder / "rules",
        secrets_dir=folder / "secrets",
        database_url=f"sqlite:///{folder / 'alerter.db'}",
        requests_per_second=10_000,
    )


def last_midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
