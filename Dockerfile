# Stage 1: the locked libraries and alerter's own wheel, in a virtual environment that is copied as it is.
FROM python:3.13-slim-bookworm AS builder

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# Libraries first: this layer changes only with the lock.
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/alerter \
    && /opt/alerter/bin/pip install --require-hashes -r requirements.txt \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r requirements-build.txt

COPY pyproject.toml README.md LICENSE ./
COPY alerter alerter
COPY templates templates
COPY rules rules
RUN /opt/build/bin/hatchling build -t wheel -d /dist \
    && /opt/alerter/bin/pip install --no-deps --no-index /dist/*.whl \
    && /opt/alerter/bin/python -m pip uninstall --yes pip

# Stage 2: what runs. No compiler, no pip, no build tool; writes to /data only.
FROM python:3.13-slim-bookworm

RUN groupadd --gid 10001 alerter \
    && useradd --uid 10001 --gid alerter --home-dir /data --no-create-home --shell /usr/sbin/nologin alerter \
    && install -d -o alerter -g alerter -m 0750 /data \
    && install -d /rules
COPY --from=builder /opt/alerter /opt/alerter

# The whole network can reach a published port, so alerter asks for ALERTER_WEB_TOKEN before it listens here.
ENV PATH=/opt/alerter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ALERTER_DATABASE_URL=sqlite:////data/alerter.db \
    ALERTER_LISTEN=0.0.0.0:8080 \
    ALERTER_RULES=/rules

USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["alerter", "run"]
