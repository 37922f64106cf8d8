# Two images. `web` serves pages, identifies photos and keeps time: ONNX Runtime, no PyTorch, no browser.
# `full` trains and crawls besides.   docker build --target web -t carsite . && docker build --target full -t carsite-full .
# By a digest, so that a build tomorrow is the build of today: `python3 scripts/pin_images.py` finds it out.
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS packages
WORKDIR /app
RUN python -m venv /venv
COPY constraints.txt requirements-web.txt ./
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements-web.txt

FROM packages AS packages-full
# Options of pip, such as the index of another build of PyTorch.
ARG PIP_OPTIONS=""
COPY requirements.txt requirements-site.txt requirements-train.txt ./
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check ${PIP_OPTIONS} -r requirements.txt

FROM ${PYTHON_IMAGE} AS web
# The folder of crawls is a volume of its own and has to be its user's before it is one.
RUN useradd --system --uid 10001 --home-dir /var/lib/carsite --create-home carsite \
    && install --directory --owner carsite --mode 0700 /var/lib/carsite /var/lib/carsite/scrapes
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    VAR_DIR=/var/lib/carsite \
    STATIC_DIR=/app/static
COPY --from=packages /venv /venv
COPY . .
# What was checked out under a strict umask has to be read by the site's user. The key serves this one command.
RUN chmod -R u=rwX,go=rX /app
RUN DEBUG=0 ALLOWED_HOSTS=build SECRET_KEY=$(python -c "import secrets; print(secrets.token_hex(32))") \
    python manage.py collectstatic --no-input --verbosity 0
USER carsite
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "scripts/healthy.py"]
CMD ["gunicorn", "--config", "gunicorn.conf.py"]

FROM web AS full
USER root
RUN apt-get update && apt-get install -y --no-install-recommends chromium && rm -rf /var/lib/apt/lists/*
COPY --from=packages-full /venv /venv
USER carsite
HEALTHCHECK NONE
CMD ["celery", "--app", "carsite", "worker", "--queues", "train,scrape", "--concurrency", "2", "--max-tasks-per-child", "1", "--hostname", "trainer@%h"]
