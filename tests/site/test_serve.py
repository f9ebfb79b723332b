"""The local server sends what a static host would: compressed text, the right types, 404s."""

from __future__ import annotations

import gzip
import threading
from http.client import HTTPConnection

import pytest

from analysis.site.serve import make_server

PAGE = "<!doctype html><p>Hei på deg</p>" * 50


@pytest.fixture
def connection(tmp_path):
    (tmp_path / "index.html").write_text(PAGE, encoding="utf8")
    (tmp_path / "a.js").write_text("let a = 1;", encoding="utf8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    server = make_server(tmp_path)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield HTTPConnection("127.0.0.1", server.server_address[1])
    server.shutdown()


def get(connection, path, **headers):
    connection.request("GET", path, headers=headers)
    reply = connection.getresponse()
    return reply, reply.read()


def test_text_is_compressed_where_the_reader_takes_it(connection):
    reply, body = get(connection, "/", **{"Accept-Encoding": "gzip"})
    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(body) == int(reply.headers["Content-Length"]) < len(PAGE)
    assert gzip.decompress(body).decode("utf8") == PAGE
    reply, body = get(connection, "/")
    assert reply.headers["Content-Encoding"] is None
    assert body.decode("utf8") == PAGE


def test_types(connection):
    assert get(connection, "/a.js")[0].headers["Content-Type"] == "text/javascript"
    assert get(connection, "/picture.png")[0].headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    "path", ["/nothing.html", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"]
)
def test_other_files_are_not_served(connection, path):
    assert get(connection, path)[0].status == 404


def test_a_folder_without_a_site_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="run `make site` first"):
        make_server(tmp_path)
