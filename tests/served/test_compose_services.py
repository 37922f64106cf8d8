"""The other services of compose.yaml: the words that start them do what they are there for."""

from __future__ import annotations

import http.client
import http.server
import itertools
import os
import shlex
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
import redis as redis_package
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.urls import reverse

from classifier.photos.intake import MAX_BYTES, MAX_PHOTOS
from ops.supervisor import Service, Supervisor
from tests.served.containers import compose, stages, words_of
from tests.served.test_containers import SECRETS
from tests.served.test_way_of_a_photo import fetch
from tests.servers import S3, NotInstalled, Postgres, Redis
from tests.services import ROOT, free_port, wait_for


@contextmanager
def started(
    words: list[str], folder: Path, is_ready: Callable[[], bool], **env: str
) -> Iterator[Callable[[], str]]:
    """A process; yields what asks for its log."""
    with Supervisor(log_dir=folder, env=os.environ | env, show=lambda name, line: None) as supervisor:
        supervisor.start(Service("service", words, is_ready, stop_seconds=3))
        supervisor.wait_until_ready(180)
        log = folder / "service.log"
        yield lambda: log.read_text() if log.exists() else ""


def listens(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.connect()
    except OSError:
        return False
    connection.close()
    return True


def program(kind: type[S3 | Redis]) -> str:
    """The path of a server's program; the test is skipped where it is not installed, except in CI."""
    try:
        return str(kind().program)
    except NotInstalled as missing:
        if "CI" in os.environ:
            raise
        pytest.skip(str(missing))


def test_redis_keeps_its_queue_for_those_who_have_its_password(tmp_path: Path) -> None:
    service, port = compose(**SECRETS)["redis"], free_port()
    (shell, option, script) = words_of(service["command"])
    assert (shell, option) == ("sh", "-c")
    assert script.startswith("exec redis-server ")
    assert SECRETS["REDIS_PASSWORD"] not in service["command"], "the list of processes shows it"
    here = script.replace("redis-server", shlex.quote(program(Redis))) + f" --port {port} --dir {tmp_path}"
    client = redis_package.Redis(port=port, password=SECRETS["REDIS_PASSWORD"], decode_responses=True)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis_package.RedisError:
            return False

    with started([shell, option, here], tmp_path, answers, **service["environment"]):
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        with pytest.raises(redis_package.AuthenticationError), redis_package.Redis(port=port) as stranger:
            stranger.ping()
    client.close()


def test_s3_makes_the_bucket_and_opens_it_to_nobody_without_keys(tmp_path: Path) -> None:
    service = compose(**SECRETS)["s3"]
    port = free_port()
    here = {
        "-dir=/data": f"-dir={tmp_path}",
        "-ip=s3": "-ip=127.0.0.1",
        "-ip.bind=0.0.0.0": "-ip.bind=127.0.0.1",
    }
    words = [here.get(word, word) for word in words_of(service["command"])]
    assert set(here) <= set(words_of(service["command"]))
    others = ("master", "volume", "filer")
    ports = [f"-{name}.port{kind}={free_port()}" for name in others for kind in ("", ".grpc")]
    ports += [f"-s3.port={port}", f"-s3.port.grpc={free_port()}", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    keys = {name: str(value) for name, value in service["environment"].items()}
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}, read_timeout=10),
    )

    def takes_a_photo() -> bool:
        try:
            client.put_object(Bucket="carsite-photos", Key="uploads/a.jpg", Body=b"a photo")
        except (BotoCoreError, ClientError):
            return False
        return True

    with started([program(S3), *words, *ports], tmp_path / "log", takes_a_photo, **keys):
        address = f"http://127.0.0.1:{port}/carsite-photos/uploads/a.jpg"
        assert fetch(address)[0] == 403
        signed = client.generate_presigned_url(
            "get_object", {"Bucket": "carsite-photos", "Key": "uploads/a.jpg"}, ExpiresIn=60
        )
        assert fetch(signed) == (200, b"a photo")


def test_the_database_is_known_to_be_ready(postgres: Postgres) -> None:
    test = compose(**SECRETS)["postgres"]["healthcheck"]["test"]
    assert test[0] == "CMD-SHELL"
    command = f"{postgres.program.resolve().parent}/{test[1]} --host 127.0.0.1 --port"
    assert subprocess.run(["sh", "-c", f"{command} {postgres.port}"], check=False).returncode == 0
    assert subprocess.run(["sh", "-c", f"{command} {free_port()}"], check=False).returncode != 0


class Echo(http.server.BaseHTTPRequestHandler):
    """Stands for the site: says which headers came."""

    def do_GET(self) -> None:
        body = str(self.headers).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        read = 0
        while read < length and (chunk := self.rfile.read(min(2**16, length - read))):
            read += len(chunk)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(read).encode())

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[int]:
    """The reverse proxy of compose.yaml without TLS, before a server that echoes."""
    caddy = shutil.which("caddy")
    if caddy is None:
        assert "CI" not in os.environ
        pytest.skip("caddy is not installed: the Debian package caddy brings it.")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = free_port()
    words = [caddy, "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")]
    env = {
        "SITE_HOST": f"http://127.0.0.1:{port}",
        "SITE_UPSTREAM": f"127.0.0.1:{server.server_port}",
        "CADDY_ADMIN": f"127.0.0.1:{free_port()}",
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    with started(words, tmp_path / "log", lambda: listens(port), **env):
        yield port
    server.shutdown()
    server.server_close()


def test_the_proxy_believes_no_address_that_a_visitor_claims(proxy: int) -> None:
    claimed = {"X-Forwarded-For": "192.0.2.66", "X-Forwarded-Proto": "https"}
    request = urllib.request.Request(f"http://127.0.0.1:{proxy}/", headers=claimed)
    with urllib.request.urlopen(request, timeout=10) as response:
        told = response.read().decode()
    assert "192.0.2.66" not in told
    assert "X-Forwarded-For: 127.0.0.1" in told
    assert "X-Forwarded-Proto: http\n" in told


def sent(port: int, path: str, size: int) -> int:
    """The status of a body of that size."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    whole, rest = divmod(size, 2**20)
    parts = itertools.chain(itertools.repeat(bytes(2**20), whole), [bytes(rest)])
    try:
        connection.request("POST", path, body=parts, headers={"Content-Length": str(size)})
        return connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        return 413
    finally:
        connection.close()


def test_the_proxy_takes_photos_but_nothing_larger_and_shows_no_numbers(proxy: int) -> None:
    assert sent(proxy, "/api/v1/identifications/", MAX_BYTES + 10**5) == 200
    assert sent(proxy, "/api/v1/identifications/", 30 * 10**6) != 200
    assert fetch(f"http://127.0.0.1:{proxy}/metrics")[0] == 404
    assert fetch(f"http://127.0.0.1:{proxy}/cars/")[0] == 200


@pytest.mark.parametrize(
    "name", ["classifier:identify", "api:sighting-list", "admin:classifier_referencephoto_add"]
)
def test_the_proxy_takes_many_photos_in_one_body_where_the_site_does(proxy: int, name: str) -> None:
    assert sent(proxy, reverse(name), MAX_PHOTOS * MAX_BYTES + 10**6) == 200
    assert sent(proxy, reverse(name), 430 * 10**6) != 200


def test_the_trainers_command_starts(redis: Redis, tmp_path: Path) -> None:
    words = words_of(stages()["full"].last("CMD"))
    assert words[0] == "celery"
    env = {
        "DEBUG": "1",
        "VAR_DIR": str(tmp_path / "var"),
        "REDIS_URL": redis.url,
        "DJANGO_SETTINGS_MODULE": "carsite.settings",
        "PYTHONPATH": str(ROOT),
    }
    with started([sys.executable, "-m", *words], tmp_path / "log", lambda: True, **env) as log:
        wait_for(lambda: "ready." in log(), seconds=120, what="the trainer to be ready")
