"""Python's clients of S3, each doing the works that the benches of object stores name.

store_python.py s3dlio|s3dlio-into|boto3|awscrt ENDPOINT IN_FLIGHT

Prints "ready"; then each line of its input is a work (get1g, get64, put1g, put64, the latter also with the ending
-crc32c), done once and answered with "done wall=SECONDS cpu=SECONDS". Bodies are not signed, and carry a checksum
only when the work says so.
(pip install s3dlio==0.10.0 boto3 awscrt numpy)
"""
import asyncio
import io
import os
import resource
import sys
import time

GIB = 1 << 30
PART = 8 << 20
THRESHOLD = 32 << 20
OBJECT = 11_796_480
BUCKET = "bench"


class Unsupported(Exception):
    pass


class Peer:
    def __init__(self, endpoint, in_flight):
        self.endpoint = endpoint
        self.in_flight = in_flight
        self.memory = None
        self.kept = None

    def destination(self):
        import numpy

        if self.memory is None:
            self.memory = numpy.full(GIB, 7, dtype=numpy.uint8)
        return self.memory

    def source(self, i=0, size=GIB):
        return memoryview(self.destination())[i * size : (i + 1) * size]


class S3dlio(Peer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        os.environ["S3DLIO_UNSIGNED_PAYLOAD"] = "1"
        os.environ["S3DLIO_RANGE_CONCURRENCY"] = str(self.in_flight)
        os.environ["S3DLIO_MULTIPART_MAX_IN_FLIGHT"] = str(self.in_flight)
        import s3dlio

        self.s3dlio = s3dlio

    def uri(self, key):
        return f"s3://{BUCKET}/{key}"

    def get1g(self):
        self.kept = self.s3dlio.get(self.uri("large"))

    def get64(self):
        self.kept = self.s3dlio.get_many([self.uri(f"object-{i}") for i in range(64)], max_in_flight=self.in_flight)

    def put1g(self):
        self.s3dlio.put_bytes(self.uri("s3dlio"), self.source())

    def put64(self):
        objects = [(self.uri(f"s3dlio-{i}"), self.source(i, OBJECT)) for i in range(64)]
        self.s3dlio.put_many(objects, max_in_flight=self.in_flight)


class S3dlioInto(S3dlio):
    """Reads into the caller's memory; writes by its multipart writer."""

    def get1g(self):
        async def get():
            await self.s3dlio.get_into_async(self.uri("large"), self.destination(), expected_len=GIB)

        asyncio.run(get())

    def get64(self):
        async def get():
            slots = asyncio.Semaphore(self.in_flight)

            async def one(i):
                async with slots:
                    to = self.source(i, OBJECT)
                    await self.s3dlio.get_into_async(self.uri(f"object-{i}"), to, expected_len=OBJECT)

            await asyncio.gather(*(one(i) for i in range(64)))

        asyncio.run(get())

    def put1g(self):
        writer = self.s3dlio.MultipartUploadWriter.from_uri(
            self.uri("s3dlio"), part_size=PART, max_in_flight=self.in_flight
        )
        for at in range(0, GIB, PART):
            writer.write(self.source()[at : at + PART])
        writer.close()

    def put64(self):
        raise Unsupported()


class Boto3(Peer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        import boto3
        from boto3.s3.transfer import TransferConfig, create_transfer_manager
        from botocore.config import Config

        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            config=Config(
                s3={"addressing_style": "path", "payload_signing_enabled": False},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                max_pool_connections=self.in_flight,
            ),
        )
        config = TransferConfig(
            max_concurrency=self.in_flight, multipart_chunksize=PART, multipart_threshold=THRESHOLD
        )
        self.manager = create_transfer_manager(client, config)

    def get1g(self):
        self.manager.download(BUCKET, "large", View(self.source())).result()

    def get64(self):
        to = [View(self.source(i, OBJECT)) for i in range(64)]
        all_of_them = [self.manager.download(BUCKET, f"object-{i}", to[i]) for i in range(64)]
        for each in all_of_them:
            each.result()

    def put1g(self, **extra):
        self.manager.upload(View(self.source()), BUCKET, "boto3", extra_args=extra).result()

    def put64(self, **extra):
        all_of_them = [
            self.manager.upload(View(self.source(i, OBJECT)), BUCKET, f"boto3-{i}", extra_args=extra) for i in range(64)
        ]
        for each in all_of_them:
            each.result()

    def put1g_crc32c(self):
        self.put1g(ChecksumAlgorithm="CRC32C")

    def put64_crc32c(self):
        self.put64(ChecksumAlgorithm="CRC32C")


class View(io.RawIOBase):
    """A file that lies in memory, read and written in place; boto3 asks for `bytes` and gets a copy of a part."""

    def __init__(self, memory):
        self.memory = memory
        self.at = 0

    def readable(self):
        return True

    def writable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=0):
        self.at = offset + (0, self.at, len(self.memory))[whence]
        return self.at

    def read(self, count=-1):
        end = len(self.memory) if count is None or count < 0 else self.at + count
        data = bytes(self.memory[self.at : end])
        self.at += len(data)
        return data

    def write(self, data):
        self.memory[self.at : self.at + len(data)] = data
        self.at += len(data)
        return len(data)

    def readinto(self, to):
        count = min(len(to), len(self.memory) - self.at)
        to[:count] = self.memory[self.at : self.at + count]
        self.at += count
        return count


class AwsCrt(Peer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        from urllib.parse import urlparse

        import awscrt.auth
        import awscrt.http
        import awscrt.io
        import awscrt.s3 as s3

        self.s3 = s3
        self.http = awscrt.http
        url = urlparse(self.endpoint)
        self.host = f"{url.hostname}:{url.port}"
        group = awscrt.io.EventLoopGroup(os.cpu_count())
        credentials = awscrt.auth.AwsCredentialsProvider.new_static("test", "testtest")
        self.client = s3.S3Client(
            bootstrap=awscrt.io.ClientBootstrap(group, awscrt.io.DefaultHostResolver(group)),
            region="us-east-1",
            signing_config=s3.create_default_s3_signing_config(region="us-east-1", credential_provider=credentials),
            tls_mode=s3.S3RequestTlsMode.DISABLED,
            part_size=PART,
            multipart_upload_threshold=THRESHOLD,
            max_active_connections_override=self.in_flight,
            throughput_target_gbps=10.0,
        )

    def request(self, method, key, body=None):
        headers = self.http.HttpHeaders([("host", self.host)])
        if body is not None:
            headers.add("content-length", str(len(body)))
            headers.add("content-type", "application/octet-stream")
        return self.http.HttpRequest(method, f"/{BUCKET}/{key}", headers, None if body is None else View(body))

    def download(self, key, to):
        import numpy

        def on_body(chunk, offset, **_):
            to[offset : offset + len(chunk)] = numpy.frombuffer(chunk, dtype=numpy.uint8)

        request = self.request("GET", key)
        kind = self.s3.S3RequestType.GET_OBJECT
        return self.client.make_request(request=request, type=kind, on_body=on_body).finished_future

    def upload(self, key, body, checksum=False):
        config = None
        if checksum:
            config = self.s3.S3ChecksumConfig(
                algorithm=self.s3.S3ChecksumAlgorithm.CRC32C, location=self.s3.S3ChecksumLocation.TRAILER
            )
        request = self.request("PUT", key, body)
        kind = self.s3.S3RequestType.PUT_OBJECT
        return self.client.make_request(request=request, type=kind, checksum_config=config).finished_future

    def get1g(self):
        self.download("large", self.destination()).result()

    def get64(self):
        to = self.destination()
        for each in [self.download(f"object-{i}", to[i * OBJECT : (i + 1) * OBJECT]) for i in range(64)]:
            each.result()

    def put1g(self, checksum=False):
        self.upload("awscrt", self.source(), checksum).result()

    def put64(self, checksum=False):
        for each in [self.upload(f"awscrt-{i}", self.source(i, OBJECT), checksum) for i in range(64)]:
            each.result()

    def put1g_crc32c(self):
        self.put1g(True)

    def put64_crc32c(self):
        self.put64(True)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(name, endpoint, in_flight):
    os.environ.update(
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="testtest",
        AWS_REGION="us-east-1",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ENDPOINT_URL=endpoint,
        AWS_EC2_METADATA_DISABLED="true",
    )
    kinds = {"s3dlio": S3dlio, "s3dlio-into": S3dlioInto, "boto3": Boto3, "awscrt": AwsCrt}
    peer = kinds[name](endpoint, int(in_flight))
    peer.destination()
    import importlib.metadata

    packages = {"s3dlio-into": "s3dlio"}
    print("version " + importlib.metadata.version(packages.get(name, name)), flush=True)
    print("ready", flush=True)
    for line in sys.stdin:
        work = getattr(peer, line.strip().replace("-", "_"), None)
        try:
            if work is None:
                raise Unsupported()
            peer.kept = None
            wall, cpu = time.perf_counter(), cpu_seconds()
            work()
            wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
            print(f"done wall={wall:.6f} cpu={cpu:.6f}", flush=True)
        except Unsupported:
            print("unsupported", flush=True)
        except Exception as failure:
            print(f"failed {failure!r}", flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
