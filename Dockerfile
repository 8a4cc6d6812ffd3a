# One image for every program of Confab: docs/operations.md, "Containers".
#
#   docker build -t confab . && docker run -p 8000:8000 -p 4317:4317 -v confab:/data confab
#
# A release names its base by digest: --build-arg PYTHON_IMAGE=python:3.12-slim@sha256:...
ARG PYTHON_IMAGE=python:3.12-slim

# Packages come as wheels, so that nothing is compiled and no compiler is needed.
FROM ${PYTHON_IMAGE} AS packages
WORKDIR /build
COPY requirements.lock requirements-s3.lock requirements-watch.lock ./
RUN python -m venv --without-pip /opt/confab \
    && pip --python /opt/confab/bin/python install --no-cache-dir --no-compile --only-binary :all: \
        --require-hashes --no-deps -r requirements.lock -r requirements-s3.lock -r requirements-watch.lock \
    && /opt/confab/bin/python -m compileall -q /opt/confab/lib
# What these packages are, as CycloneDX: the tool that says it does not get into the image.
COPY requirements-release.lock ./
RUN python -m venv --without-pip /opt/release \
    && pip --python /opt/release/bin/python install --no-cache-dir --no-compile --only-binary :all: \
        --require-hashes --no-deps -r requirements-release.lock \
    && /opt/release/bin/cyclonedx-py environment --output-reproducible \
        --output-file /opt/confab/sbom.cdx.json /opt/confab/bin/python

FROM ${PYTHON_IMAGE}
ARG VERSION=unreleased
LABEL org.opencontainers.image.title="Confab" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}"
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin confab \
    && install -d -m 700 -o confab -g confab /data
COPY --from=packages /opt/confab /opt/confab
WORKDIR /confab
COPY . .
ENV PATH=/opt/confab/bin:$PATH \
    CONFAB_DATA=/data \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN python -m compileall -q config projects sessions tracing
USER 10001:10001
VOLUME /data
EXPOSE 8000 4317
# Of the default command; each unit of compose.yaml and of the chart has a check of its own.
HEALTHCHECK --interval=10s --timeout=30s --start-period=120s \
    CMD ["python", "manage.py", "alive", "web", "grpc", "worker", "beat"]
CMD ["python", "manage.py", "up", "--host", "0.0.0.0"]
