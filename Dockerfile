# Two images. `web` serves pages, identifies photos and keeps time: ONNX Runtime, no PyTorch, no browser.
# `full` trains and crawls besides.   docker build --target web -t carsite . && docker build --target full -t carsite-full .
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS packages
WORKDIR /app
RUN python -m venv /venv
COPY constraints.txt requirements-web.txt ./
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements-web.txt

FROM packages AS packages-full
# Options of pip, such as the index of another build of PyTorch.
ARG PIP_OPTIONS=""
COPY requirements.txt requirements-site.txt requirements-train.txt ./
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check ${PIP_OPTIONS} -r requirements.txt

FROM python:${PYTHON}-slim AS web
RUN useradd --system --uid 10001 --home-dir /var/lib/carsite --create-home carsite
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
# The key serves this one command and stays nowhere.
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
