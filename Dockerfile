FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /service

COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY . .
RUN useradd --system --uid 10001 mediation && mkdir -p /var/lib/mediation && chown mediation /var/lib/mediation
USER mediation

ENV HOST=0.0.0.0 ENVIRONMENT=production VAR_DIR=/var/lib/mediation
CMD ["python", "cli.py", "api"]
