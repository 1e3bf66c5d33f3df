# Everything that contributors and CI run. `make` alone lists the targets.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# Pinned here and not by a tool directive: that would add six modules to go.mod.
# Without ST1005: an error may begin with the name of a configuration field, which is capitalized.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2 -checks inherit,-ST1005
# Arguments of `make demo` and `make up`, e.g. make demo ARGS='--once'.
ARGS ?=
# Arguments of the test run, e.g. make test TESTFLAGS='-run TestIngest -v'.
TESTFLAGS ?=
# How long `make fuzz` tries each target.
FUZZTIME ?= 1m
# Grafana's dashboards are a module of their own, which keeps Grafana's SDK out of go.mod.
GRAFANA := dashboards/grafana

# Without the folder's name in what is built, a second clone or work tree finds in the cache what the first has compiled.
export GOFLAGS := $(shell go env GOFLAGS) -trimpath

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/vitrine
	go build -ldflags '-X main.version=$(VERSION)' -o bin/vitrine ./cmd/vitrine

# The computers that labs have; a Raspberry Pi is linux/arm64, an old one linux/arm.
AGENT_TARGETS := linux/amd64 linux/arm64 linux/arm windows/amd64 darwin/arm64

.PHONY: agent
agent: ## build the lab agent alone for all systems, into dist/
	@for target in $(AGENT_TARGETS); do \
		os=$${target%/*} arch=$${target#*/} suffix=; \
		if [ $$os = windows ]; then suffix=.exe; fi; \
		echo "dist/vitrine-agent-$$os-$$arch$$suffix"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -ldflags '-s -w -X main.version=$(VERSION)' \
			-o "dist/vitrine-agent-$$os-$$arch$$suffix" ./cmd/vitrine-agent || exit 1; \
	done

.PHONY: demo
demo: build ## show a simulated programme, all in one process (ARGS='--once': print the status and exit)
	bin/vitrine demo $(ARGS)

.PHONY: up
up: build ## run the whole pipeline in one process, empty (ARGS='--data DIR')
	bin/vitrine up $(ARGS)

.PHONY: generate
generate: ## write the generated files anew
	go generate ./...
	cd $(GRAFANA) && go generate ./...

.PHONY: lint
lint: ## check format, vet, staticcheck, go.mod and the generated files
	@unformatted=$$(gofmt -l .) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "Not formatted; run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	cd $(GRAFANA) && go vet ./... && go run $(STATICCHECK) ./... && go mod tidy -diff
	@go mod tidy -diff || { echo "go.mod or go.sum isn't tidy; run go mod tidy"; exit 1; }
	cd deploy/kubernetes && go vet ./... && go mod tidy -diff
	@$(MAKE) --no-print-directory generated

# Compares the files before and after, so that it also works with uncommitted changes.
.PHONY: generated
generated:
	@sums() { git ls-files -z --cached --others --exclude-standard | sort -zu | xargs -0 cksum 2>/dev/null; true; }; \
	dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	sums > "$$dir/before" && go generate ./... && (cd $(GRAFANA) && go generate ./...) && sums > "$$dir/after" && \
	diff "$$dir/before" "$$dir/after" || { echo "Generated files are out of date; run make generate and commit them"; exit 1; }

.PHONY: tools
tools: build
	.ci/ensure-chromium
	.ci/ensure-axe
	.ci/ensure-promtool
	bin/vitrine engine

# What takes longest comes first, or it would be alone at the end; internal/faults after that, since its clusters stand up to much but not to two of the
# longest beside them. What `go test` would have vet look at is a part of what lint has had it look at.
FIRST := ./cmd/vitrine ./consumers/verify ./consumers/ingest ./consumers/periods ./producers/gateway ./consumers/clickhouse ./consumers/... ./internal/faults
# It computes in one goroutine, and the race detector makes that eight times as long. What plays it, producers/simulator/player, is tested with it.
PURE := producers/simulator
# A program with the race detector in it waits for a second before it ends, and tests run hundreds: a tenth is enough for a report to be written.
export GORACE ?= atexit_sleep_ms=100
# Tests wait a sixth of the time: where there are two processors, three packages are tested at once.
BESIDE = $(if $(filter 2,$(shell nproc 2>/dev/null)),-p 3)

.PHONY: test
test: lint tools ## everything that CI checks: lint, then all tests, nearly all under the race detector (10 minutes on two cores, or 35 where they are slow)
	go test -vet=off $(TESTFLAGS) ./$(PURE)
	packages=$$(go list ./...) || exit 1; \
	go test -race -vet=off $(BESIDE) -timeout 25m $(TESTFLAGS) $(FIRST) $$(echo "$$packages" | grep -v '/$(PURE)$$')
	cd deploy/kubernetes && go test -vet=off ./...
	cd $(GRAFANA) && go test -vet=off $(TESTFLAGS) ./kit ./rules && go test -vet=off $(TESTFLAGS) ./boards -args -binary $(abspath bin/vitrine)

.PHONY: fuzz
fuzz: tools ## run every fuzz target for FUZZTIME, one after the other (FUZZTIME=10m)
	@for package in $$(go list ./...); do \
		targets=$$(go test -list '^Fuzz' $$package) || { echo "$$targets"; exit 1; }; \
		for target in $$(echo "$$targets" | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test $$package -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x -parallel 1 || exit 1; \
		done; \
	done

# How many schedules `make schedules` tries.
N ?= 2000

.PHONY: schedules
schedules: tools ## try the commit protocol in N schedules drawn anew, and print what they held (N=2000)
	go test ./consumers/verify -count=1 -timeout 120m -run '^Test(AnySchedule|KnownSchedules)' -v -args -schedules $(N)

.PHONY: power-loss
power-loss: tools ## cut the power under a running pipeline and count what is lost (root; CUTS=5 times for each setting)
	go test -tags powerloss -count=1 -timeout 2h -run TestPowerLoss -v ./cmd/vitrine

.PHONY: mutants
mutants: ## break the commit protocol in one place after the other, and see that the schedules find it
	go run ./internal/mutants

# Where the fault suite writes its table, e.g. make faults REPORT=faults.md; other flags with FAULTFLAGS='-only killed -share 0.1'.
REPORT ?=
FAULTFLAGS ?=

.PHONY: threats
threats: tools ## try what docs/threats.md fears, and print what came of each attempt
	go run ./internal/threats

.PHONY: vulncheck
vulncheck: ## look for known vulnerabilities in what is called and in the binaries
	.ci/vulncheck

.PHONY: faults
faults: build ## kill, cut, stop and fill everything under load, then verify (REPORT=FILE)
	bin/vitrine engine
	go test -v -count=1 -timeout 2h -run '^TestFaults$$' ./internal/faults -args -long $(if $(REPORT),-report '$(abspath $(REPORT))') $(FAULTFLAGS)

.PHONY: cluster
cluster: tools ## kill, cut off and restart three NATS servers, gateways and consumers under load, then verify (REPORT=FILE)
	go test -v -count=1 -timeout 1h -run '^Test(Cluster|UpRestarted)$$' ./internal/faults -args -long $(if $(REPORT),-report '$(abspath $(REPORT))') $(FAULTFLAGS)

# How many events `make day-two` backs up.
DAYTWO_EVENTS ?= 1000000

.PHONY: day-two
day-two: tools ## back DAYTWO_EVENTS events up, lose the engine, then everything, restore, verify, with the times (some minutes)
	.ci/day-two bin/vitrine $(DAYTWO_EVENTS)

# Flags of the harness, e.g. make bench BENCHFLAGS='-events 100000 -runs 3 -only vitrine,plain-best'; see go run ./internal/bench -help.
BENCHFLAGS ?=

# bento is a module of its own; it takes some minutes to build for the first time, so neither lint nor test does.
bin/bento: internal/bench/bento/go.mod internal/bench/bento/main.go
	cd internal/bench/bento && go build -o $(abspath bin/bento) .

.PHONY: bench
bench: build bin/bento ## measure Vitrine against its limits, plain loops and bento, with verify after each run (BENCHFLAGS='-runs 3')
	bin/vitrine engine
	go run ./internal/bench -vitrine bin/vitrine -bento bin/bento $(BENCHFLAGS)

# Where `make growth` keeps its stores (some 12 GB for 10 million events), and its flags, e.g. GROWTHFLAGS='-stored 0,100000 -labs 14'.
GROWTH_DATA ?= data/growth
GROWTHFLAGS ?=

.PHONY: growth
growth: build ## measure throughput on stores that hold 0, 1 and 10 million events, for 14, 1,000 and 9,999 labs; goes on where it was broken off
	bin/vitrine engine
	go run ./internal/bench growth -vitrine bin/vitrine -data $(GROWTH_DATA) -svg $(GROWTH_DATA)/growth.svg $(GROWTHFLAGS)

# How many labs `make load` lets post at once, how many events in all, and how `vitrine up` is started for it.
LABS ?= 1000
EVENTS ?= 100000
UPFLAGS ?=

.PHONY: load
load: tools ## LABS labs post EVENTS events to a gateway at once; then verify (LABS=1000 EVENTS=100000 UPFLAGS='--sync-interval 1s')
	.ci/load bin/vitrine $(LABS) $(EVENTS) $(UPFLAGS)

# `make bench-parts`: where its lines go, how often each benchmark runs and for how long; pages and dashboards, which take
# longer, for so many times.
PARTS ?= bin/bench-parts.txt
COUNT ?= 5
BENCHTIME ?= 1s
PAGETIMES ?= 5x
BENCH = go test -run '^$$' -count $(COUNT) -timeout 2h

.PHONY: bench-parts
bench-parts: build ## benchmark each part, into a file that benchstat reads (PARTS=FILE COUNT=5 BENCHTIME=1s PAGETIMES=5x; half an hour)
	bin/vitrine engine
	@mkdir -p $(dir $(PARTS)) && rm -f '$(PARTS)'
	@{ \
		$(BENCH) -bench 'Decode|Facts' -benchtime $(BENCHTIME) ./schemas ./consumers/rollup && \
		$(BENCH) -bench Step -benchtime $(BENCHTIME) ./consumers/clickhouse && \
		$(BENCH) -bench Request -benchtime $(BENCHTIME) ./producers/gateway && \
		$(BENCH) -bench Page -benchtime $(BENCHTIME) ./dashboards/showcase ./dashboards/programme && \
		$(BENCH) -bench Report -benchtime $(BENCHTIME) ./cmd/vitrine && \
		$(BENCH) -bench Pages -benchtime $(PAGETIMES) ./cmd/vitrine && \
		cd $(GRAFANA) && $(BENCH) -bench Queries -benchtime $(PAGETIMES) ./boards -args -binary $(abspath bin/vitrine) || \
		echo FAILED; } | tee '$(PARTS)'; ! grep -q '^FAILED' '$(PARTS)'

# The filled database that `make latencies` reads, and how many times it asks each query.
CLICKHOUSE ?= http://127.0.0.1:8123/vitrine
TIMES ?= 30

.PHONY: latencies
latencies: ## run each page's and dashboard's queries TIMES times, and print the slowest of each (CLICKHOUSE=http://host:8123/vitrine)
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	for what in "Pages . ./cmd/vitrine" "Queries $(GRAFANA) ./boards"; do set -- $$what; \
		out=$$(cd "$$2" && go test -run '^$$' -bench "^Benchmark$$1\$$" -benchtime $(TIMES)x -timeout 4h "$$3" -args -clickhouse '$(CLICKHOUSE)' -table "$$dir/table") || \
			{ echo "$$out"; exit 1; }; \
		cat "$$dir/table"; echo; \
	done

# Flags of `make freshness`, e.g. FRESHFLAGS='-labs 1000 -rate 2000 -for 30s'.
FRESHFLAGS ?=

.PHONY: freshness
freshness: build ## measure publish → visible in commitment_status under 1,000 events/s, then verify (FRESHFLAGS='-labs 1000')
	bin/vitrine engine
	go run ./internal/bench/freshness $(FRESHFLAGS)

# Flags of `make footprint`, e.g. FOOTFLAGS='-history=false -for 20s'.
FOOTFLAGS ?=

.PHONY: footprint
footprint: build ## measure sizes, start-up, memory and CPU at rest and under load, and the agent in 256 MiB (some 8 minutes)
	bin/vitrine engine
	CGO_ENABLED=0 go build -ldflags '-s -w -X main.version=$(VERSION)' -o bin/vitrine-agent ./cmd/vitrine-agent
	go run ./internal/bench/footprint -agent bin/vitrine-agent $(FOOTFLAGS)

.PHONY: clean
clean: ## remove what was built (not the data, nor the engine's cache)
	rm -rf bin dist
