"""A node is killed while a large package is on its way to S3: what the store keeps of it is seen by nobody, costs nothing
for ever, and is in nobody's way."""

import concurrent.futures
import http.client
import io
import os
import time
import zipfile

import pytest

from artifacts import wheel, wheel_name
from server import eventually

SIZE, ATTEMPTS = 64 << 20, 5  # in parts of 16 MB


def parts(s3, bucket):
    """Folders of uploads that are not ended, and the bytes of each."""
    folders = (s3.folder / "data" / bucket / ".sgwtmp/multipart").glob("*/*/")
    return {folder: sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) for folder in folders if folder.is_dir()}


def test_an_upload_in_parts_that_a_kill_cut_off_is_ended_by_the_collector(make_granary, s3):
    server = make_granary("sqlite-s3").start()
    bucket = server.settings["S3Storage"]["Bucket"]
    name, token = server.repository("python"), server.token()
    noise, versions = os.urandom(SIZE), (f"1.{number}" for number in range(ATTEMPTS))

    def upload(version):
        data = wheel("heavy", version, files=[("heavy/noise", noise)], compression=zipfile.ZIP_STORED)
        return server.upload(name, wheel_name("heavy", version), data, token)

    def cut_off(version):
        """False: it was through before."""
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            uploading = pool.submit(upload, version)
            eventually(lambda: uploading.done() or any(parts(s3, bucket).values()), 60)
            s3.freeze()
            try:
                if not 0 < sum(parts(s3, bucket).values()) < SIZE:
                    return False
                server.kill()
            finally:
                s3.thaw()
            with pytest.raises((OSError, http.client.HTTPException)):
                uploading.result()
        return True

    lost = next(version for version in versions if cut_off(version))
    [key] = s3.uploads(bucket)
    assert key.startswith("granary/"), key

    server.start()
    assert wheel_name("heavy", lost) not in server.filenames(name, "heavy") and not server.cli_json("verify")["problems"]
    server.cli("gc", "--grace", "0s")
    assert s3.uploads(bucket) == [key], "it may be another node's, which is at it"
    yesterday = time.time() - 25 * 3600
    for folder in parts(s3, bucket):
        os.utime(folder, (yesterday, yesterday))
    server.cli("gc", "--grace", "0s")
    assert s3.uploads(bucket) == [] and not any(parts(s3, bucket).values())
    assert "aborted uploads in parts" in server.log()

    assert upload(lost).status == 200
    file = server.get(server.file_url(name, "heavy", wheel_name("heavy", lost)))
    assert zipfile.ZipFile(io.BytesIO(file.body)).read("heavy/noise") == noise
    assert s3.uploads(bucket) == [] and not server.cli_json("verify")["problems"]
    assert server.stop() == 0
