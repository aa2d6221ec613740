"""A commune's computer that knows of Gom only what proto/ says: gRPC and TLS are Google's, keys are OpenSSL's.

Usage: peers.py PROTO_DIR INVITATION WORK_DIR. Enrols, hands in one report, and is refused where it must be.
"""

import hashlib
import os
import re
import subprocess
import sys
import time
import uuid

import grpc
from grpc_tools import protoc

proto, invitation, work = sys.argv[1:]
address, code, fingerprint = invitation.split("/")
os.chdir(work)
sources = ["gom/v1/submission.proto", "gom/v1/sync.proto"]
assert protoc.main(["", f"-I{proto}", "--python_out=.", "--grpc_python_out=.", *sources]) == 0
sys.path.insert(0, work)

from gom.v1 import submission_pb2 as report  # noqa: E402
from gom.v1 import sync_pb2 as wire  # noqa: E402
from gom.v1.sync_pb2_grpc import SyncStub  # noqa: E402

# What the server calls itself, wherever it stands.
NAME = "district.gom"
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PATIENCE = 30


def openssl(*arguments, given=b""):
    """What OpenSSL answers; an error where it fails."""
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def fingerprint_of(certificate):
    """What an invitation says of an authority: 128 bits of the hash of its public key, 5 to a letter."""
    public = openssl("x509", "-noout", "-pubkey", given=certificate)
    der = openssl("pkey", "-pubin", "-outform", "DER", given=public)
    number = int.from_bytes(hashlib.sha256(der).digest()[:16], "big")
    return "".join(LETTERS[number >> shift & 31] for shift in range(125, -1, -5))


def authority():
    """The district's authority, taken from its server and checked by the fingerprint."""
    shown = openssl("s_client", "-connect", address, "-tls1_3", "-alpn", "h2", "-showcerts")
    found = re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", shown, re.DOTALL)
    typed = fingerprint.replace("-", "")
    return next(certificate for certificate in found if typed.startswith(fingerprint_of(certificate)))


def key(name):
    """A key of our own, as PEM."""
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name)
    return open(name, "rb").read()


def signing_request(name):
    """A request to certify a key; what it claims is to be ignored."""
    return openssl("req", "-new", "-key", name, "-subj", "/CN=the district itself", "-outform", "DER")


def pem(der):
    return openssl("x509", "-inform", "DER", given=der)


def call(root, own_key=None, own_certificate=None):
    """A line to the server, on which somebody shows a certificate or none."""
    credentials = grpc.ssl_channel_credentials(root, own_key, own_certificate)
    return SyncStub(grpc.secure_channel(address, credentials, [("grpc.ssl_target_name_override", NAME)]))


def refused(expected, ask):
    """Asks, and is refused in that way."""
    try:
        ask()
    except grpc.RpcError as error:
        assert error.code() in expected, error
        print("refused, as it should be:", error.code().name)
    else:
        raise AssertionError(f"not refused: {expected}")


def pull(line):
    return list(line.Pull(wire.PullRequest(after=0), timeout=PATIENCE))


def figures(given, of):
    """Figures of a form of so many elements: a bit for each, then a zigzag varint for each that is there."""
    bits, numbers = bytearray((of + 7) // 8), b""
    for place, value in sorted(given.items()):
        bits[place // 8] |= 1 << place % 8
        left = value << 1 ^ value >> 63
        while left >= 0x80:
            numbers += bytes([left & 0x7F | 0x80])
            left >>= 7
        numbers += bytes([left])
    return bytes(bits) + numbers


def sheet():
    """May 2024 of the third form, society: 24 births."""
    moment = time.time_ns() // 1_000_000
    id_ = bytearray(moment.to_bytes(6, "big") + os.urandom(10))
    id_[6], id_[8] = id_[6] & 0x0F | 0x70, id_[8] & 0x3F | 0x80
    period = 2024 * 32 + 5
    body = report.Submission(
        id=bytes(id_), programme_version=1, form=2, period=period, figures=figures({0: 24}, of=7), officer="Python"
    )
    print("a report", uuid.UUID(bytes=bytes(id_)))
    return body.SerializeToString()


def push(line, device, history):
    """Greets in the name of a device, and hands in a report."""
    hello = wire.Hello(device=device, epoch=1, chain=bytes(32), history=history, protocol=1, app_version="python")

    def said():
        yield wire.PushRequest(hello=hello)
        yield wire.PushRequest(operations=wire.Operations(first_sequence=1, bodies=[sheet()]))

    return list(line.Push(said(), timeout=PATIENCE))


def main():
    root, own = authority(), key("own.pem")
    stranger = call(root)
    unknown = [grpc.StatusCode.UNAUTHENTICATED]
    refused(unknown, lambda: pull(stranger))
    secret_hash = hashlib.sha256(os.urandom(32)).digest()
    asked = {"device_name": "python", "secret_hash": secret_hash, "signing_request": signing_request("own.pem")}
    no_code = [grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.FAILED_PRECONDITION]
    refused(no_code, lambda: stranger.Enrol(wire.EnrolRequest(code="guess", **asked), timeout=PATIENCE))
    enrolled = stranger.Enrol(wire.EnrolRequest(code=code.replace("-", ""), **asked), timeout=PATIENCE)
    assert enrolled.unit == "hoa-an", enrolled.unit
    certificate = pem(enrolled.certificate)
    assert str(uuid.UUID(bytes=enrolled.device)).encode() in openssl(
        "x509", "-noout", "-ext", "subjectAltName", given=certificate
    )
    assert b"itself" not in openssl("x509", "-noout", "-subject", given=certificate), "nobody says who he is himself"

    device = call(root, own, certificate)
    other = [grpc.StatusCode.PERMISSION_DENIED]
    refused(other, lambda: push(device, os.urandom(16), enrolled.history))
    welcome, ruled = push(device, b"", enrolled.history)
    assert welcome.welcome.action == wire.ACTION_GO, welcome
    [verdict] = ruled.verdicts.verdicts
    assert verdict.revisions == [1] or verdict.ruling.accepted.revision == 1, ruled
    assert any(reply.WhichOneof("news") == "edition" for reply in pull(device)), "the programme is news"

    # A certificate that says the same, by another authority.
    key("forged.pem")
    openssl("req", "-x509", "-new", "-key", "forged.pem", "-subj", "/CN=Gom device", "-out", "forged.crt",
            "-addext", f"subjectAltName=URI:{uuid.UUID(bytes=enrolled.device).urn}")
    forged = call(root, open("forged.pem", "rb").read(), open("forged.crt", "rb").read())
    refused([grpc.StatusCode.UNAVAILABLE], lambda: pull(forged))


main()
