"""Serve the built site on localhost, compressed as a static host would."""

from __future__ import annotations

import argparse
import gzip
import io
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

SITE = Path("_build/html")
COMPRESSIBLE = (".html", ".js", ".css", ".svg", ".json", ".txt", ".xml", ".csv", ".ipynb")
ADDRESSES_TRIED = 20


class CompressingHandler(SimpleHTTPRequestHandler):
    """Static files, gzip-compressed where the client accepts it, without a log line per file."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".ipynb": "application/x-ipynb+json",
    }

    def send_head(self) -> BinaryIO | None:
        """Send the headers and return the body, or None when there is nothing to send."""
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path = path / "index.html"
        if not path.is_file() or path.suffix not in COMPRESSIBLE:
            return super().send_head()
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, compresslevel=6, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal quiet."""


class QuietServer(ThreadingHTTPServer):
    """A server that does not mind a reader who leaves before a file has arrived."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Print what went wrong, unless the client closed the connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def make_server(directory: Path, port: int = 0) -> ThreadingHTTPServer:
    """Return a server of ``directory`` on 127.0.0.1; port 0 takes a free one.

    Raises:
        FileNotFoundError: when the folder holds no built site.
        OSError: when the port is taken.
    """
    if not (directory / "index.html").is_file():
        raise FileNotFoundError(f"{directory} holds no built site; run `make site` first")
    return QuietServer(("127.0.0.1", port), partial(CompressingHandler, directory=str(directory)))


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; take the next free port when the wanted one is in use."""
    parser = argparse.ArgumentParser(prog="python -m analysis.site.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="first port to try (default 8000)")
    parser.add_argument("--directory", type=Path, default=SITE, help="the built site")
    options = parser.parse_args(arguments)
    for port in range(options.port, options.port + ADDRESSES_TRIED):
        try:
            server = make_server(options.directory, port)
        except FileNotFoundError as error:
            print(error, file=sys.stderr)
            return 1
        except OSError:
            continue
        print(f"The book is at http://127.0.0.1:{port}/  (Ctrl-C stops it)", flush=True)
        with server:
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                print("\nStopped.")
        return 0
    print(
        f"Ports {options.port} to {options.port + ADDRESSES_TRIED - 1} are all in use; "
        "choose another with --port (make book PORT=9000).",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
