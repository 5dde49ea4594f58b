# Every target installs what it lacks. `make` alone lists them.
.DEFAULT_GOAL := help

# Node 24 of the `node` package, also where the host's own is older.
NODE := node_modules/.bin/node

.PHONY: help install build web clusters check test bench soak demo images e2e-kind generate format clean screenshots

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Install the npm packages (20 to 60 s; nothing where they are up to date)
	@sh scripts/install.sh

build: install ## Compile hub, agent, CLI and web UI to dist/
	@$(NODE) scripts/build.ts

web: install ## Build the web UI to dist/web (3 s; nothing where it is up to date)
	@$(NODE) scripts/build-web.ts

clusters: install ## Get the programs of a real control plane (1 to 15 min the first time)
	@$(NODE) test/clusters/build.ts

check: install ## Types, lint, dead code, wire compatibility, generated code (about 20 s)
	@$(NODE) scripts/check.ts

test: install ## Unit tests, then tests against real control planes
	@$(NODE) scripts/test.ts

# ROWS="drift scale" measures some rows; `idle` runs only where it is named (ten idle minutes), an unknown one lists all.
bench: clusters web ## Measure hub, agent and web UI on this machine (about 13 min; ROWS=… some of it)
	@$(NODE) bench/main.ts $(ROWS)

soak: clusters ## Kill the agent 600 times, make API server and network fail, watch 30 idle minutes, edit at random (about 80 min)
	@$(NODE) test/soak/run-soak.ts

# CONTEXTS=a,b,c uses clusters of your kubeconfig instead of starting some; DEMO_EXIT=1 ends after the last step.
demo: clusters web ## Tell the whole story on several clusters (CONTEXTS=a,b,c to use your own)
	@$(NODE) demo/main.ts

images: install ## Build the container images of hub and agent (needs a container engine)
	@$(NODE) scripts/images.ts

e2e-kind: install ## Install both charts in a kind cluster (needs a container engine, kind, kubectl, helm)
	@$(NODE) scripts/e2e-kind.ts

screenshots: web ## Make the pictures of docs/ui anew (needs Chromium)
	@$(NODE) test/web/screenshots.ts

generate: install ## Regenerate the wire code and the API client's types
	@$(NODE) scripts/generate-proto.ts
	@$(NODE) scripts/generate-api.ts

format: install ## Format the code and apply safe lint fixes
	@node_modules/.bin/biome check --write

clean: ## Remove what was installed and built (not the cache of control plane programs)
	rm -rf node_modules dist coverage .results
