"""Run the whole site on this machine: Redis, web server, worker and beat, until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from ops import preflight, stack
from ops.preparing import is_prepared
from ops.supervisor import ServiceFailedError, Supervisor

#: A new version lies where this one was started from: take it over without a pause.
RENEW_SIGNAL = signal.SIGUSR2
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    """`make run` with DEBUG on; a small server's one process to start with DEBUG off."""

    help = "Prepare the database, start everything, say where it is, and stop everything on Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="address to listen at (HOST)")
        parser.add_argument("--port", default=settings.PORT, help="port to listen at (PORT)")

    def handle(self, *args: object, **options: Any) -> None:
        self.parent, self.is_asked_to_renew = os.getppid(), False
        # Ctrl-C too: a shell script's background jobs are started with it ignored.
        for number in STOP_SIGNALS:
            signal.signal(number, _interrupt)
        signal.signal(RENEW_SIGNAL, self._ask_to_renew)
        host = options["host"]
        address = f"http://{'localhost' if host in ('0.0.0.0', '::') else host}:{options['port']}"  # noqa: S104
        preflight.usable_folder(settings.VAR_DIR)
        settings.STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns without it
        with preflight.lock(settings.VAR_DIR / "up.lock", f"process {os.getpid()}, {address}"):
            self.listener = preflight.listener(host, options["port"])
            port = self.listener.getsockname()[1]
            env = os.environ | {"HOST": host, "PORT": str(port)}
            env["SITE_URL"] = env.get("SITE_URL") or address
            env["PYTHONUNBUFFERED"] = "1"
            try:
                self._run(address, host, port, env, verbose=options["verbosity"] > 1)
            except KeyboardInterrupt:
                self._say("Everything is stopped.")
            except ServiceFailedError as error:
                raise CommandError(f"{error} Everything is stopped.") from None
            finally:
                self.listener.close()

    def _run(self, address: str, host: str, port: int, env: dict[str, str], *, verbose: bool) -> NoReturn:
        def show(name: str, line: str) -> None:
            if verbose or name == "carsite" or any(word in line for word in ("ERROR", "CRITICAL")):
                self._say(line if name == "carsite" else f"{name:>6} | {line}")

        with Supervisor(log_dir=settings.VAR_DIR / "log", env=env, show=show) as supervisor:
            try:
                self._start(supervisor, host, port)
                self._welcome(address)
                supervisor.keep_running(
                    until=self._make_is_gone, also=lambda: self._renew_if_asked(supervisor)
                )
                raise KeyboardInterrupt
            finally:
                for number in STOP_SIGNALS:
                    signal.signal(number, lambda *_: supervisor.hurry())
                self._say("Stopping ...")

    def _start(self, supervisor: Supervisor, host: str, port: int) -> None:
        self._say("Starting ...")
        if path := settings.REDIS_SOCKET:
            if stack.redis_answers(path):
                # Left behind by an `up` that was killed: we hold the folder's lock, so no other `up` uses it.
                stack.redis_client(path).shutdown()
            supervisor.start(stack.redis_server(path, settings.VAR_DIR / "redis"))
        if not is_prepared():
            self._say("Bringing the database, the catalogue and the static files up to date ...")
            supervisor.run(stack.preparation())
        supervisor.wait_until_ready()
        processes = settings.WORKER_PROCESSES or stack.cores()
        web = stack.web_server(host, port, self.listener)
        for service in (stack.worker(processes), stack.trainer(), stack.beat(), web):
            supervisor.start(service)
        supervisor.wait_until_ready()

    def _ask_to_renew(self, *_: object) -> None:
        self.is_asked_to_renew = True

    def _renew_if_asked(self, supervisor: Supervisor) -> None:
        """Run the code that lies here now. Where it does not come up, this version goes on."""
        if not self.is_asked_to_renew:
            return
        self.is_asked_to_renew = False
        self._say("A new version: preparing it ...")
        try:
            supervisor.run(stack.preparation())
            supervisor.replace("web", serves=stack.web_took_over)
            for name in ("worker", "trainer", "beat"):
                supervisor.restart(name)
            supervisor.wait_until_ready()
        except ServiceFailedError as error:
            self._say(f"{error} What ran before goes on.")
        else:
            self._say("The new version serves.")

    def _make_is_gone(self) -> bool:
        """Under `make`, its death is ours; a server's own supervisor sends a signal instead."""
        return "MAKELEVEL" in os.environ and os.getppid() != self.parent

    def _say(self, line: str) -> None:
        # Where the terminal is gone, everything must still be stopped in order.
        with contextlib.suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()

    def _welcome(self, address: str) -> None:
        self._say(self.style.SUCCESS(f"\nCarsite is ready: {address}\n"))
        if settings.DEBUG:
            for email, password, fields in import_string(settings.DEMO_USERS):
                self._say(f"  {fields['name']:<12} {email:<24} {password}")
            self._say("")
        if settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
            self._say(
                f"E-mails are sent to nobody: they are files in {settings.EMAIL_FILE_PATH} (EMAIL_URL)."
            )
        self._say(f"Logs are in {settings.VAR_DIR / 'log'}.")
        self._say("Ctrl-C stops everything.")


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
