# The command line and every service: one image, `standing serve NAME --config FILE`.
FROM rust:1.95.0-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends clang libclang-dev libssl-dev pkg-config zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# RocksDB's archive and the build output stay in the builder's cache, so that a second build is quick; the sources may be
# those of another checkout than last time (scripts/env.sh).
RUN --mount=type=cache,target=/cache \
    rm -f /cache/target/.checkout \
 && STANDING_CACHE=/cache scripts/setup.sh \
 && STANDING_CACHE=/cache scripts/build.sh release

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates fonts-wqy-microhei libssl3 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin standing \
 && install -d -o standing -g standing /var/lib/standing
COPY --from=build /src/bin/standing /usr/local/bin/standing
USER 10001:10001
VOLUME /var/lib/standing
EXPOSE 8080 8081
ENTRYPOINT ["standing"]
