# Build: docker build -t greenroom .
FROM rust:1-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential cmake pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked && cp target/release/greenroom /greenroom

FROM debian:bookworm-slim
# ca-certificates: for AI endpoints over TLS. curl: for the health check.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /data greenroom
COPY --from=build /greenroom /usr/local/bin/greenroom
USER greenroom
WORKDIR /data
ENV ENVIRONMENT=production DATA_DIR=/data PORT=8081
VOLUME /data
EXPOSE 8081
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD curl -fsS http://127.0.0.1:8081/health/ready || exit 1
STOPSIGNAL SIGTERM
ENTRYPOINT ["greenroom"]
CMD ["serve"]
