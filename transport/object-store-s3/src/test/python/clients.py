"""Other clients of S3 on the other side of a test: boto3 and s3dlio.

usage: clients.py boto3  get KEY…                   what downloads hold, their checksums checked
       clients.py boto3  put ALGORITHM KEY=FILE…    uploads, in parts from 5 MiB on; ALGORITHM or `default`
       clients.py s3dlio get KEY…
       clients.py s3dlio put KEY=FILE…              one request each
       clients.py s3dlio put-parts KEY=FILE…        parts of 5 MiB

The server, the bucket and the credentials come from AWS_… and BUCKET. Prints one line of
NAME=VALUE for each object. Parts have 5 MiB throughout. Arguments are percent-encoded.
"""

import hashlib
import os
import pathlib
import sys
import urllib.parse

BUCKET = os.environ.get("BUCKET", "")
PART_BYTE_SIZE = 5 << 20


def report(data, **more):
    facts = {"byteSize": len(data), "sha256": hashlib.sha256(data).hexdigest(), **more}
    print(*(f"{name}={value}" for name, value in facts.items()))


def boto3_client():
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(s3={"addressing_style": "path"}))


def boto3_get(*keys):
    client = boto3_client()
    for key in keys:
        response = client.get_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
        data = response["Body"].read()  # Raises FlexibleChecksumError when a whole object's differs.
        kind = response.get("ChecksumType", "NONE")
        checked = type(response["Body"]).__name__ == "StreamingChecksumBody"
        names = [name.removeprefix("Checksum") for name in response if name.startswith("Checksum")]
        names.remove("Type")
        report(data, algorithm="+".join(names), kind=kind, checked=checked)


def files(arguments):
    for argument in arguments:
        key, _, file = argument.partition("=")
        data = pathlib.Path(file).read_bytes()
        yield key, file, data
        report(data)


def boto3_put(algorithm, *arguments):
    from boto3.s3.transfer import TransferConfig

    client = boto3_client()
    for key, file, _ in files(arguments):
        client.upload_file(
            file,
            BUCKET,
            key,
            ExtraArgs={} if algorithm == "default" else {"ChecksumAlgorithm": algorithm},
            Config=TransferConfig(multipart_threshold=PART_BYTE_SIZE, multipart_chunksize=PART_BYTE_SIZE),
        )


def s3dlio_get(*keys):
    import s3dlio

    for key in keys:
        report(bytes(s3dlio.get(f"s3://{BUCKET}/{key}")))


def s3dlio_put(*arguments):
    import s3dlio

    for key, _, data in files(arguments):
        s3dlio.put_bytes(f"s3://{BUCKET}/{key}", data)


def s3dlio_put_parts(*arguments):
    import s3dlio

    for key, _, data in files(arguments):
        if not data:  # Its writer sends an end without parts, which is an error of S3.
            s3dlio.put_bytes(f"s3://{BUCKET}/{key}", data)
            continue
        writer = s3dlio.MultipartUploadWriter.from_uri(
            f"s3://{BUCKET}/{key}", part_size=PART_BYTE_SIZE, max_in_flight=2
        )
        writer.write(data)
        writer.close()


ROLES = {
    ("boto3", "get"): boto3_get,
    ("boto3", "put"): boto3_put,
    ("s3dlio", "get"): s3dlio_get,
    ("s3dlio", "put"): s3dlio_put,
    ("s3dlio", "put-parts"): s3dlio_put_parts,
}

if __name__ == "__main__":
    arguments = [urllib.parse.unquote_plus(argument) for argument in sys.argv[1:]]
    if tuple(arguments[:2]) not in ROLES:
        sys.exit(__doc__)
    ROLES[tuple(arguments[:2])](*arguments[2:])
