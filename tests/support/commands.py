"""`alerter COMMAND` as a real process, many times: one process imports everything once and forks for each command."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

if __name__ != "__main__":
    from support.dsm import keys, served

    from alerter.sources.simulator import SimAccount, World, status


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a command came to."""

    code: int
    out: str
    err: str


class Commands:
    """Runs commands one after the other, each in a process of its own."""

    def __init__(self, parent: "subprocess.Popen[str]", folder: Path) -> None:
        self._parent = parent
        self._out, self._err = folder / "out.txt", folder / "err.txt"

    def __call__(self, args: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Ended:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        order = {"args": list(args), "cwd": str(cwd), "env": dict(env), "out": str(self._out), "err": str(self._err)}
        self._parent.stdin.write(json.dumps(order) + "\n")
        self._parent.stdin.flush()
        code = int(self._parent.stdout.readline())
        return Ended(code=code, out=self._out.read_text("utf-8"), err=self._err.read_text("utf-8"))


@contextlib.contextmanager
def commands(folder: Path) -> Iterator[Commands]:
    """While the block runs; `folder` takes what the commands print."""
    order = [sys.executable, __file__]
    with subprocess.Popen(order, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        yield Commands(parent, folder)
        assert parent.stdin is not None
        parent.stdin.close()


def _obey() -> None:
    """The parent: an order a line on standard input, an exit code a line on standard output."""
    import alerter.bootstrap.service
    import alerter.cli.licenses
    import alerter.cli.sending  # noqa: F401
    from alerter.cli.main import app

    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order)
            try:
                app(order["args"], prog_name="alerter")
            except SystemExit as end:
                _leave(end.code if isinstance(end.code, int) else 0 if end.code is None else 1)
            finally:
                _leave(99)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _become(order: Mapping[str, str]) -> None:
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])  # type: ignore[arg-type]
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)


def _leave(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@dataclass
class Site:
    """An installation with two accounts, acme and dr, of a simulated DSM; `site("status")` runs that command there."""

    folder: Path
    world: "World"
    env: dict[str, str]
    run: Commands

    def __call__(self, *args: str, **env: str) -> Ended:
        return self.run(args, self.folder, {**self.env, **env})

    def use(self, amount: int, account: str = "acme") -> "Site":
        """So many operations happened just now."""
        self._sim(account).scripted.add("num_operations", int(datetime.now(UTC).timestamp()) - 2, amount)  # noqa: TID251
        return self

    def fail(self, account: str, code: int) -> "Site":
        """The account answers this status from now on."""
        self.world.fault(self._sim(account).id, status(code))
        return self

    def _sim(self, name: str) -> "SimAccount":
        return next(a for a in self.world.accounts.values() if a.name == name)

    def write(self, rules: str) -> "Site":
        (self.folder / "rules" / "rules.yaml").write_text(rules, encoding="utf-8")
        return self


RULES = """
accounts:
  acme: {{url: {url}, account_id: {acme}, credential: ACME_KEY}}
  dr: {{url: {url}, account_id: {dr}, credential: DR_KEY}}
licenses:
  enterprise:
    accounts: [acme, dr]
    quotas: {{num_operations: {{limit: 1000, per: year}}}}
channels:
  screen: {{kind: console}}
  hook: {{kind: slack, webhook: HOOK_URL}}
rules:
  used:
    kind: quota
    thresholds: [{{at: 75%, severity: info}}, {{at: 90%, severity: warning}}]
    notify: [screen, hook]
  week:
    kind: growth
    window: 7d
    thresholds: [{{at: +50%, severity: info}}]
    notify: [screen]
"""


@contextlib.contextmanager
def sited(folder: Path, run: Commands, hook: str = "http://127.0.0.1:9/hooks/T0/B0/x") -> Iterator[Site]:
    """A fresh installation; its DSM answers while the block runs."""
    world = World()
    ids = {name: world.add(name).id for name in ("acme", "dr")}
    (folder / "rules").mkdir()
    with served(world, lambda: datetime.now(UTC)) as dsm:  # noqa: TID251
        env = {
            **keys(world),
            "PATH": os.environ["PATH"],
            "HOOK_URL": hook,
            "ALERTER_HISTORY": "20d",
            "ALERTER_REQUESTS_PER_SECOND": "1000",
            "ALERTER_LISTEN": "127.0.0.1:0",
        }
        yield Site(folder, world, env, run).write(RULES.format(url=dsm.url, **ids))


if __name__ == "__main__":
    _obey()
