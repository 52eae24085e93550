# One image for the web server, the worker and beat. Versions agree with pyproject.toml (tests/test_compose.py).

FROM node:24-slim AS front_end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY static static
RUN npm run build

FROM python:3.11-slim-bookworm AS environment
RUN python -m venv /opt/environment
COPY requirements/production.txt .
RUN /opt/environment/bin/pip install --no-cache-dir --require-hashes -r production.txt

FROM python:3.11-slim-bookworm
# WeasyPrint draws certificates and reports with these.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home portal \
    && install -d -o portal /portal-files
COPY --from=environment /opt/environment /opt/environment
ENV PATH=/opt/environment/bin:$PATH PYTHONUNBUFFERED=1 STATIC_ROOT=/portal-static MEDIA_ROOT=/portal-files
WORKDIR /portal
COPY . .
COPY --from=front_end /build/static/build static/build
# Collecting needs the settings, not what they point at.
RUN PORTAL_LOCAL=true SECRET_KEY=unused DATABASE_URL=postgres://unused REDIS_URL=redis://unused \
    python manage.py collectstatic --noinput --verbosity=0
USER portal
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=4 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "workforce_portal.wsgi", "--bind=0.0.0.0:8000", "--preload", "--workers=2", "--threads=4", \
     "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
