# The image that runs Lightfast: built in the first stage, which is thrown away, from Debian's packages alone.
# scripts/image builds it, measures it and tries it.
FROM debian:bookworm-slim AS build
WORKDIR /lightfast
COPY scripts/install-deps scripts/
RUN scripts/install-deps
COPY . .
RUN cmake --preset release \
 && cmake --build --preset release \
 && strip --strip-debug build/release/lightfast

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="Lightfast" \
      org.opencontainers.image.description="Gives images whose URLs fade URLs that don't" \
      org.opencontainers.image.licenses="MIT"
# What the program is linked with; the certificates for downloads and providers; the time zones for TZ.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends ca-certificates tzdata libboost-json1.81.0 libsqlite3-0 libcurl4 \
      libssl3 libspdlog1.10 libfmt9 libwebp7 libwebpdemux2 libgif7 libavif15 libjpeg62-turbo zlib1g \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
 && useradd --system --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin lightfast \
 && install -d -o lightfast -g lightfast -m 0750 /data
COPY --from=build /lightfast/build/release/lightfast /usr/local/bin/lightfast
COPY scripts/admin-backup scripts/admin-cleanup scripts/admin-program scripts/admin-report /usr/local/bin/
COPY LICENSE /usr/share/doc/lightfast/copyright

# Everything that is kept lies on the volume at /data: the database is the default, /data/lightfast.db.
ENV PORT=8080 \
    IMAGE_STORAGE_PATH=/data/images \
    IMAGE_MAX_AGE_DAYS=90 \
    IMAGE_PER_USER_LIMIT=50
EXPOSE 8080

# Not root. Where a platform mounts a volume that belongs to root (Railway), it has to run the image as root:
# RAILWAY_RUN_UID=0.
USER lightfast
# No shell between: the program is process 1 and gets SIGTERM itself.
ENTRYPOINT ["/usr/local/bin/lightfast"]
