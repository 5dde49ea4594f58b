# syntax=docker/dockerfile:1
# Two images of one build, `--target hub` and `--target agent`; `make images` builds both.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs its install script here: the image has Node 24, and better-sqlite3 brings its binary.
RUN npm ci --ignore-scripts
COPY . .
RUN node scripts/build.ts && npm prune --omit=dev --ignore-scripts && rm -rf node_modules/.cache

# As the tests have them: go.sum's database vouches for what is built.
FROM golang:1.26-bookworm AS tools
ENV CGO_ENABLED=0 GOBIN=/tools
RUN go install -trimpath -ldflags '-s -w' helm.sh/helm/v4/cmd/helm@v4.3.1 \
 && go install -trimpath -ldflags '-s -w' sigs.k8s.io/kustomize/kustomize/v5@v5.8.2

FROM ${NODE_IMAGE} AS base
ENV NODE_ENV=production
# What was freed goes back to the kernel: glibc keeps a sixth of the memory otherwise.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /app
# OpenSSH and Git want a name for whom they run as.
RUN groupadd --gid 65532 fairlead && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /tmp fairlead \
 && ln -s /app/dist/cli/main.js /usr/local/bin/fairlead
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules

FROM base AS hub
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates git gpgv openssh-client \
 && rm -rf /var/lib/apt/lists/*
COPY --from=tools /tools/ /usr/local/bin/
COPY --from=build /app/dist ./dist
USER 65532:65532
EXPOSE 8080 8443
ENTRYPOINT ["node", "--max-semi-space-size=2", "/app/dist/cli/main.js", "hub"]

FROM base AS agent
# Buffers of the network have 16 KB and more: each that is freed goes back by itself, a tenth of the memory and more.
ENV MALLOC_MMAP_THRESHOLD_=16384 MALLOC_TRIM_THRESHOLD_=65536
COPY --from=build /app/dist ./dist
USER 65532:65532
EXPOSE 8081
# The heap grows by a quarter at most before what is dead is collected: V8 lets it grow to several times its size otherwise.
ENTRYPOINT ["node", "--max-semi-space-size=2", "--heap-growing-percent=25", "/app/dist/cli/main.js", "agent"]
