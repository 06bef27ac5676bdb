"""Pictures by address: a server on loopback, and addresses that lead astray."""

import base64
import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from spacy_cotner.elicitation import fetch
from spacy_cotner.elicitation.images import BadPicture, encode_picture, find_picture
from spacy_cotner.elicitation.settings import ImageSettings


def png():
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(buffer, format="PNG")
    return buffer.getvalue()


class Handler(BaseHTTPRequestHandler):
    """/picture, /text, /large, /endless, /missing, /silent, and /to?ADDRESS, which redirects."""

    def do_GET(self):
        self.server.asked.append(self.path)
        name, _, target = self.path[1:].partition("?")
        if name == "to":
            self.send_response(302)
            self.send_header("Location", target)
            self.end_headers()
        elif name == "missing":
            self.send_error(404)
        elif name == "silent":
            self.server.over.wait(10)
        elif name == "endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"x")
                if self.server.over.wait(0.05):
                    break
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write({"picture": png(), "text": b"<html>", "large": b"x" * 200_000}[name])

    def log_message(self, *args):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.over = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


def encode(url, **more):
    settings = ImageSettings(**{"allow_urls": True, "private_urls": True, "url_timeout": 5, **more})
    _, body = encode_picture(find_picture(url, settings), settings).split(",")
    return Image.open(io.BytesIO(base64.b64decode(body)))


def test_fetched_when_allowed(site):
    assert encode(f"{site.url}/picture").size == (30, 20)
    with pytest.raises(BadPicture, match="allow_urls"):
        encode(f"{site.url}/picture", allow_urls=False)
    assert len(site.asked) == 1


def test_looking_a_picture_up_does_not_fetch_it(site):
    find_picture(f"{site.url}/picture", ImageSettings(allow_urls=True))
    assert site.asked == []


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("missing", "can't be fetched: HTTP 404"),
        ("text", "not a readable picture"),
        ("large", "can't be fetched: larger than 100000 bytes"),
    ],
)
def test_what_is_no_picture_says_why(site, path, why):
    with pytest.raises(BadPicture, match=why):
        encode(f"{site.url}/{path}", max_bytes=100_000)


@pytest.mark.parametrize("path", ["silent", "endless"])
def test_slow_servers_are_given_up(site, path):
    start = time.monotonic()
    with pytest.raises(BadPicture, match="took too long"):
        encode(f"{site.url}/{path}", url_timeout=0.3)
    assert time.monotonic() - start < 4


def test_nobody_there(site):
    site.shutdown()
    site.server_close()
    with pytest.raises(BadPicture, match=r"can.t be fetched: .*refused"):
        encode(f"{site.url}/picture")


def test_private_addresses_are_not_asked(site):
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(BadPicture, match=f"{host} is in a private network"):
            encode(f"http://{host}:{site.server_port}/picture", private_urls=False)
    assert site.asked == []


def test_nor_after_a_redirect(site, monkeypatch):
    # The first hop counts as public, the second one is what it is.
    seen = []
    monkeypatch.setattr(fetch, "is_public", lambda address: not seen.append(address) and len(seen) == 1)
    with pytest.raises(BadPicture, match=r"127.0.0.1 is in a private network"):
        encode(f"{site.url}/to?{site.url}/picture", private_urls=False)
    assert [path.split("?")[0] for path in site.asked] == ["/to"]


def test_redirects_are_followed(site):
    assert encode(f"{site.url}/to?/picture").size == (30, 20)


def test_circles_end(site):
    with pytest.raises(BadPicture, match="can't be fetched: HTTP 302"):
        encode(f"{site.url}/to?/to")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:image/png;base64,AAAA"])
def test_redirects_to_other_protocols_are_not(site, target):
    with pytest.raises(BadPicture, match="can't be fetched"):
        encode(f"{site.url}/to?{target}")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
    ],
)
def test_what_is_public(address, public):
    assert fetch.is_public(address) is public
