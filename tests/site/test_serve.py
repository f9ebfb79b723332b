"""The local server: compressed as a static host serves, and clear when it cannot start."""

import gzip
import threading
import urllib.error
import urllib.request

import pytest

from analysis.site import serve


@pytest.fixture
def site(tmp_path):
    (tmp_path / "index.html").write_text("<p>front</p>" * 100, encoding="utf8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    server = serve.make_server(tmp_path)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def fetch(address, **headers):
    return urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=5)


def test_text_is_compressed_for_those_who_accept_it(site):
    answer = fetch(f"{site}/", **{"Accept-Encoding": "gzip"})
    body = answer.read()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(body)
    assert gzip.decompress(body).startswith(b"<p>front</p>")


def test_text_is_plain_for_others(site):
    answer = fetch(f"{site}/index.html")
    assert answer.headers["Content-Encoding"] is None
    assert answer.read().startswith(b"<p>front</p>")


def test_pictures_are_sent_as_they_are(site):
    answer = fetch(f"{site}/picture.png", **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] is None
    assert answer.read() == b"\x89PNG"


def test_a_missing_page_is_a_404(site):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(f"{site}/nothing.html")


def test_a_folder_without_a_site_is_refused(tmp_path, capsys):
    with pytest.raises(FileNotFoundError, match="make site"):
        serve.make_server(tmp_path)
    assert serve.main(["--directory", str(tmp_path)]) == 1
    assert "holds no built site" in capsys.readouterr().err


def test_taken_ports_are_named(tmp_path, capsys, monkeypatch):
    (tmp_path / "index.html").write_text("front", encoding="utf8")

    def taken(directory, port=0):
        raise OSError("in use")

    monkeypatch.setattr(serve, "make_server", taken)
    assert serve.main(["--directory", str(tmp_path), "--port", "9000"]) == 1
    message = capsys.readouterr().err
    assert "9000" in message
    assert "PORT=" in message
