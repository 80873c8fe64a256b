"""Whether what runs in this container lives: a server answers on its port; with the argument ``worker``, a worker
touches its file.

Needs nothing but the standard library, so it starts in some hundredths of a second. Exit status 0: it lives.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys
import time
from pathlib import Path

SILENT_S = 60.0


def worker_lives(file: Path) -> bool:
    try:
        return abs(time.time() - file.stat().st_mtime) < SILENT_S
    except OSError:
        return False


def server_answers(port: int, tls: bool) -> bool:
    if tls:
        context = ssl._create_unverified_context()  # its own name need not be in the certificate
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=5, context=context
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    if sys.argv[1:] == ["worker"]:
        return 0 if worker_lives(Path(os.environ["RECTO_ALIVE_FILE"])) else 1
    port = int(os.environ.get("RECTO_PORT") or 8080)
    return 0 if server_answers(port, tls=bool(os.environ.get("RECTO_TLS_CERT"))) else 1


if __name__ == "__main__":
    sys.exit(main())
