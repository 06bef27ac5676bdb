"""Fetching a file from an address that comes with the data, and is as untrusted as the data.

No address of this machine or of its network is asked, whether it is named directly, hidden behind a name, or
the target of a redirect: the connection itself is looked at before anything is sent. There are limits of size
and time, and no other protocols.
"""

from __future__ import annotations

import http.client
import ipaddress
import time
import urllib.request
from typing import Any
from urllib.error import HTTPError, URLError

CHUNK = 1 << 16
# Some servers turn away what does not say who it is.
HEADERS = {"User-Agent": "spacy-cotner", "Accept": "image/*"}


class NotFetched(Exception):
    """The file was not fetched; the message says why."""


def fetch(url: str, *, max_bytes: int, timeout: float, private: bool = False) -> bytes:
    """Fetch a file.

    url (str): An http or https address.
    max_bytes (int): More are not read.
    timeout (float): Seconds for everything, redirects included.
    private (bool): Whether it may lie on this machine or in its network.
    RETURNS (bytes): The file.
    RAISES (NotFetched): If that is not possible.
    """
    deadline = time.monotonic() + timeout
    request = urllib.request.Request(url, headers=HEADERS)
    try:
        with _opener(private).open(request, timeout=timeout) as response:
            return _read(response, max_bytes, deadline)
    except HTTPError as error:
        raise NotFetched(f"HTTP {error.code}") from None
    except TimeoutError:
        raise NotFetched("took too long") from None
    except URLError as error:
        reason = "took too long" if isinstance(error.reason, TimeoutError) else error.reason
        raise NotFetched(str(reason)) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotFetched(str(error) or type(error).__name__) from None


def _read(response: Any, max_bytes: int, deadline: float) -> bytes:
    parts, size = [], 0
    while part := response.read1(CHUNK):
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise NotFetched(f"larger than {max_bytes} bytes")
        # A server that sends a byte now and then keeps every single read within its limit.
        if time.monotonic() > deadline:
            raise NotFetched("took too long")
    return b"".join(parts)


def _opener(private: bool) -> urllib.request.OpenerDirector:
    """Unlike the usual one, it knows neither file: nor ftp: nor data:."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler() if private else _PublicHTTP(),
        urllib.request.HTTPSHandler() if private else _PublicHTTPS(),
    ):
        opener.add_handler(handler)
    return opener


def is_public(address: str) -> bool:
    """address (str): An IP address.
    RETURNS (bool): Whether it lies in the open internet.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    return (getattr(ip, "ipv4_mapped", None) or ip).is_global


def _refuse_private(connection: http.client.HTTPConnection) -> None:
    peer = connection.sock.getpeername()[0]
    if not is_public(peer):
        connection.close()
        raise NotFetched(f"{connection.host} is in a private network ({peer})")


class _PublicConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _refuse_private(self)


class _PublicTLSConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _refuse_private(self)


class _PublicHTTP(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        # A proxy lies in the private network as a rule; what it lets through is its own affair.
        kind = http.client.HTTPConnection if request.has_proxy() else _PublicConnection
        return self.do_open(kind, request)


class _PublicHTTPS(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        proxied = getattr(request, "_tunnel_host", None)
        kind = http.client.HTTPSConnection if proxied else _PublicTLSConnection
        return self.do_open(kind, request)
