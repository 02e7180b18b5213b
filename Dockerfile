# Signet's server. Build: docker build -t signet . (or buildah bud). See deploy/compose.yaml.
#
# /etc/signet/signetd.yaml  configuration, mounted
# /var/lib/signet           keys and the root's certificate: a volume, writable by user 10001
ARG BASE=debian:trixie-slim

FROM ${BASE} AS build
WORKDIR /src
# The list alone first: a change of the sources does not install anew.
COPY deploy/deps deploy/deps.build deploy/
RUN deploy/deps build
COPY . .
RUN make -j "$(nproc)" build/signetd

FROM ${BASE}
RUN apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        libssl3t64 libmicrohttpd12t64 libpq5 libyaml-0-2 libcurl4t64 libjwt2 libjansson4 \
        ca-certificates curl && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin signet && \
    install -d -o signet -g signet -m 0700 /var/lib/signet
COPY --from=build /src/build/signetd /usr/sbin/signetd
COPY deploy/container/ deploy/compose-secrets /usr/share/signet/
USER 10001:10001
VOLUME /var/lib/signet
# device (EST), operator (health, metrics), public (issuer certificates)
EXPOSE 8443 9443 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=4 \
    CMD ["curl", "-fsS", "--max-time", "4", "--cacert", "/var/lib/signet/root.pem", "https://localhost:9443/readyz"]
ENTRYPOINT ["signetd", "--config", "/etc/signet/signetd.yaml"]
CMD ["run"]
