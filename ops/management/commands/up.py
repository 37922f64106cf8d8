"""Run the whole site on this machine: Redis, web server, worker and beat, until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from ops import preflight, stack
from ops.preparing import prepare_database
from ops.supervisor import ServiceFailedError, Supervisor

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    """`make run` with DEBUG on; a small server's one process to start with DEBUG off."""

    help = "Prepare the database, start everything, say where it is, and stop everything on Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="address to listen at (HOST)")
        parser.add_argument("--port", default=settings.PORT, help="port to listen at (PORT)")

    def handle(self, *args: object, **options: Any) -> None:
        self.parent = os.getppid()
        # Ctrl-C too: a shell script's background jobs are started with it ignored.
        for number in STOP_SIGNALS:
            signal.signal(number, _interrupt)
        host = options["host"]
        address = f"http://{'localhost' if host in ('0.0.0.0', '::') else host}:{options['port']}"  # noqa: S104
        preflight.usable_folder(settings.VAR_DIR)
        settings.STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns without it
        with preflight.lock(settings.VAR_DIR / "up.lock", f"process {os.getpid()}, {address}"):
            port = preflight.free_port(host, options["port"])
            env = os.environ | {"HOST": host, "PORT": str(port)}
            env["SITE_URL"] = env.get("SITE_URL") or address
            env["PYTHONUNBUFFERED"] = "1"
            try:
                self._run(address, host, port, env, verbose=options["verbosity"] > 1)
            except KeyboardInterrupt:
                self._say("Everything is stopped.")
            except ServiceFailedError as error:
                raise CommandError(f"{error} Everything is stopped.") from None

    def _run(self, address: str, host: str, port: int, env: dict[str, str], *, verbose: bool) -> NoReturn:
        def show(name: str, line: str) -> None:
            if verbose or name == "carsite" or any(word in line for word in ("ERROR", "CRITICAL")):
                self._say(line if name == "carsite" else f"{name:>6} | {line}")

        with Supervisor(log_dir=settings.VAR_DIR / "log", env=env, show=show) as supervisor:
            try:
                self._start(supervisor, host, port)
                self._welcome(address)
                supervisor.keep_running(until=self._make_is_gone)
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
        prepare_database(self._say)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        supervisor.wait_until_ready()
        processes = settings.WORKER_PROCESSES or stack.cores()
        services = (stack.worker(processes), stack.trainer(), stack.beat(), stack.web_server(host, port))
        for service in services:
            supervisor.start(service)
        supervisor.wait_until_ready()

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
