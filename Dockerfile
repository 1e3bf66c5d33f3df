# The vitrine binary for the pipeline's commands (migrate, consume, serve, …). `demo` and `up`, which
# load the ClickHouse engine as a library, are for the machine itself: the engine isn't in the image.

FROM golang:1.26.11-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/vitrine ./cmd/vitrine
RUN mkdir -m 700 /out/keys && mkdir /out/open-data

# Debian's slim image and not scratch, distroless/static or Alpine: purego links the binary to glibc's
# dynamic loader even without cgo. Certificates come from the build stage, so that nothing is
# installed here; time zones are in the binary.
FROM debian:12-slim
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/LICENSE /src/NOTICE /usr/share/doc/vitrine/
COPY --from=build /out/vitrine /usr/local/bin/vitrine
# What new volumes are made as: the program's own user must be able to write there.
COPY --from=build --chown=65532:65532 /out/keys /keys
COPY --from=build --chown=65532:65532 /out/open-data /open-data
USER 65532:65532
ENTRYPOINT ["vitrine"]
CMD ["help"]
