"""Everything the environment decides, in one table, and the file `.env` that may say it.

`settings.py` reads the table; `.env.example` is generated from it. `prepare` runs before anything else of the
site, whichever program starts it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from dotenv import load_dotenv

BASE_DIR = Path(__file__).resolve().parent.parent
#: What this process and its children write is for its own user alone: photos, letters, secrets, logs.
UMASK = 0o077


@dataclass(frozen=True)
class Variable:
    """One environment variable. `default` is what holds without it; None: there is no default."""

    name: str
    default: str | None
    help: str
    group: str


#: group → (name, default, what it says)
_TABLE: dict[str, list[tuple[str, str | None, str]]] = {
    "Site": [
        ("DEBUG", "0", "1 shows tracebacks and relaxes transport security. `make run` sets it."),
        ("SECRET_KEY", None, "A long random string. Needed wherever DEBUG is 0."),
        ("ALLOWED_HOSTS", None, "Comma-separated host names of the site. Needed wherever DEBUG is 0."),
        ("CSRF_TRUSTED_ORIGINS", "", "Comma-separated origins, such as https://cars.example.org."),
        ("SITE_URL", "http://127.0.0.1:8000", "Address that links in e-mails start with."),
        (
            "HTTPS",
            "1",
            "0: pages go over plain http, as in a home network without certificates: passwords and photos "
            "can be read on the way. Matters where DEBUG is 0.",
        ),
        (
            "HSTS_SECONDS",
            "31536000",
            "For so long browsers refuse plain http to this host and those below it; 0: they are not told.",
        ),
        (
            "HSTS_PRELOAD",
            "0",
            "1: browsers' makers may list the host, and all below it, as https only: hard to take back.",
        ),
        ("ADMIN_PATH", "admin", "Path of the staff's admin, without slashes."),
        (
            "STAFF_MFA_REQUIRED",
            "",
            "1: staff need a second factor, 0: they don't; empty: wherever DEBUG is 0.",
        ),
        ("TRUSTED_PROXIES", "0", "Reverse proxies in front of the site that set X-Forwarded-For."),
        ("TIME_ZONE", "UTC", "Time zone of dates on pages."),
    ],
    "Services": [
        ("VAR_DIR", "var", "Folder for the default database, Redis, media and logs."),
        ("STATIC_DIR", "", "Folder that collectstatic fills; empty: VAR_DIR/static."),
        ("DATABASE_URL", "", "postgres://USER:PASSWORD@HOST/NAME; empty: SQLite in VAR_DIR."),
        ("REDIS_URL", "", "redis://HOST:PORT; empty: the server that `make run` starts."),
        ("BROKER_URL", "", "amqp://… where the queue is not Redis; empty: Redis."),
        (
            "STORAGE_URL",
            "",
            "s3://KEY:SECRET@HOST/BUCKET?region=…&tls=1&direct=1; empty: VAR_DIR/media. direct=0: "
            "browsers can't reach HOST.",
        ),
        (
            "EMAIL_URL",
            "",
            "submission://USER:PASSWORD@HOST:587 or smtp://HOST:25; empty: files in VAR_DIR/mail.",
        ),
        ("DEFAULT_FROM_EMAIL", "Carsite <carsite@localhost>", "Sender of all e-mails."),
    ],
    "Classifier": [
        ("MODEL_BUNDLE", "", "Folder of the model bundle; empty: the one that ships in ml/bundles."),
        ("MODEL_THREADS", "1", "CPU threads of one worker process; processes scale better."),
        ("RETRAIN_RECIPE", "", "How candidates are trained; empty: recipes/retrain.toml."),
        ("UPLOADS_PER_DAY", "200", "Photos a signed-in person may send in a day."),
        ("GUEST_UPLOADS_PER_HOUR", "20", "Photos an address may send in an hour without signing in."),
    ],
    "Limits of the API": [
        ("API_BURST_RATE", "300/minute", "Requests of one client, whatever they ask for; empty: no limit."),
        ("API_TOKEN_RATE", "10/minute", "Attempts to get a token; empty: no limit."),
        ("API_UPLOAD_RATE", "60/minute", "Uploads, beside the numbers of photos above; empty: no limit."),
        (
            "API_ENQUIRY_RATE",
            "10/hour",
            "Questions to dealers of one account, address or mailbox, also on pages; empty: no limit.",
        ),
        ("API_ENQUIRY_NETWORK_RATE", "40/hour", "The same of neighbouring addresses; empty: no limit."),
        (
            "ENQUIRIES_PER_DEALER_DAY",
            "100",
            "Questions to one dealer in a day; staff are told when it is reached.",
        ),
        (
            "ENQUIRIES_PER_DAY",
            "1000",
            "Questions to all dealers in a day; staff are told when it is reached.",
        ),
    ],
    "Privacy": [
        ("GUEST_PHOTO_HOURS", "24", "After so many hours photos of visitors without an account are deleted."),
        (
            "ENQUIRY_DAYS",
            "730",
            "So many days after its last change an enquiry loses name, address, words and photo.",
        ),
    ],
    "Scraper": [
        (
            "SCRAPE_CONTACT",
            "",
            "Mail address or page by which owners of crawled sites reach you; without it none is crawled.",
        ),
        (
            "SCRAPE_PRIVATE_ADDRESSES",
            "",
            "Comma-separated ADDRESS:PORT of private networks that may be crawled.",
        ),
        (
            "SCRAPE_BROWSER",
            "",
            "Path of Chromium for pages that need it; empty: the system's, or Playwright's own.",
        ),
        (
            "SCRAPE_SOCKET",
            "",
            "Where a crawler of its own takes jobs (compose.yaml has one); empty: crawls run by the trainer.",
        ),
    ],
    "Operations": [
        (
            "SHARED_PAGES_SECONDS",
            "60",
            "For so long visitors without cookies get a page of the catalogue as it was made for the "
            "last; 0: never.",
        ),
        ("HOST", "127.0.0.1", "Address that the web server listens at; 0.0.0.0: all of the machine's."),
        ("PORT", "8000", "Port that the web server listens at."),
        ("WEB_WORKERS", "2", "Processes of the web server, four threads each."),
        ("WORKER_PROCESSES", "", "Photos that are identified at the same time; empty: one for each core."),
        ("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
        ("LOG_FORMAT", "", "json or text; empty: json where DEBUG is 0."),
        (
            "METRICS_TOKEN",
            "",
            "Secret that Prometheus sends as bearer token; empty: /metrics is 404, unless DEBUG is on.",
        ),
        ("SENTRY_DSN", "", "Where defects are reported to; empty: nowhere."),
    ],
}
VARIABLES = tuple(Variable(*row, group) for group, rows in _TABLE.items() for row in rows)


def env_example() -> str:
    """The text of `.env.example`."""
    lines = [
        "# Generated by `python manage.py env_example`. Copy it and change what you need:",
        "# install -m 600 .env.example .env",
        "# What the environment of the process says already wins over this file.",
    ]
    group = ""
    for variable in VARIABLES:
        if variable.group != group:
            group = variable.group
            lines += ["", f"# {group}"]
        lines.append(f"# {variable.help}")
        mark = "" if variable.default is None else "#"
        lines.append(f"{mark}{variable.name}={variable.default or ''}")
    return "\n".join(lines) + "\n"


def value(name: str) -> str:
    """What the environment, or else the table, says of a variable; empty where neither does."""
    return os.environ.get(name) or next(one.default or "" for one in VARIABLES if one.name == name)


def prepare() -> None:
    """Read `.env` (or the file that ENV_FILE names) into the environment; keep what is written private."""
    os.umask(UMASK)
    path = Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")
    if path.is_file():
        _make_private(path)
        load_dotenv(path, override=False)


def _make_private(path: Path) -> None:
    """Take from a file of ours, which `cp` left open, what others may do with it.

    A group that is not just its owner's own was given on purpose and stays.
    """
    with contextlib.suppress(OSError, KeyError):
        found = path.stat()
        owners_group = found.st_gid == pwd.getpwuid(found.st_uid).pw_gid
        mode = stat.S_IMODE(found.st_mode)
        private = mode & (0o700 if owners_group else 0o770)
        if found.st_uid == os.geteuid() and mode != private:
            path.chmod(private)
