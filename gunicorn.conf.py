"""How gunicorn serves the site; `manage.py up` and a server's own service file use it alike."""

import gc
import os
from typing import Any

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
wsgi_app = "carsite.wsgi"
# Threads, as requests wait for the database and the disk; processes, as shrinking an uploaded photo takes a core.
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = 4
preload_app = True
keepalive = 5
timeout = 60
graceful_timeout = 20
control_socket_disable = True


def when_ready(server: Any) -> None:
    """What is loaded once stays: looking through all of it for garbage now and then held up one request in twenty."""
    gc.collect()
    gc.freeze()
