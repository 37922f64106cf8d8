"""Exit with 0 where the web server of this container answers.

Standard library only: it runs every few seconds.
"""

import http.client
import os
import sys


def main() -> int:
    """Ask for the page that says that the server is alive."""
    hosts = [
        name
        for name in os.environ.get("ALLOWED_HOSTS", "").split(",")
        if name and not name.startswith(("*", "."))
    ]
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": hosts[0].strip() if hosts else "localhost"})
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
