# What this project offers, by name. `make` alone lists it; the work is done by scripts/, so that it can be read and run alone.
SHELL := /bin/bash
.DEFAULT_GOAL := help
DEMO_SUBJECTS ?= 20000

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## set up what is missing, build, and run the playground with a seeded district (DEMO_SUBJECTS, DEMO_ARGS)
	@echo "demo: sets up what is missing, builds (long the first time, quick after), and then runs" >&2
	@echo "demo: the playground with $(DEMO_SUBJECTS) made-up subjects on http://127.0.0.1:8080; Ctrl-C ends it" >&2
	@$(MAKE) --no-print-directory build
	bin/standing playground --subjects $(DEMO_SUBJECTS) $(DEMO_ARGS)

.PHONY: test
test: ## set up what is missing, start Apache Kafka, and run every test
	@scripts/test.sh

.PHONY: simulate
simulate: ## the stateful runtime through 5,000 seeds of crashes, late commits and damaged files (SIMULATION_SEEDS, SIMULATION_FIRST)
	@scripts/simulate.sh

.PHONY: build
build: ## set up what is missing and leave the command line at bin/standing
	@scripts/setup.sh
	@scripts/build.sh

.PHONY: bench
bench: ## set up what is missing, measure everything one after the other, and write docs/benchmarks.md (BENCH_PARTS)
	@scripts/bench.sh

.PHONY: chaos
chaos: ## set up what is missing, and bring about every fault under load, or FAULTS, with the audit at the end (CHAOS_SECONDS, CHAOS_SEED)
	@scripts/chaos.sh $(FAULTS)

.PHONY: bench-plan
bench-plan: ## set up what is missing, and measure a plan of a catalogue on a register of many subjects (BENCH_FIRMS)
	@scripts/bench-plan.sh

.PHONY: bench-peer
bench-peer: ## set up what is missing, and measure the runtime beside Kafka Streams on the same fold (PEER_EVENTS, PEER_SWEEP=1)
	@scripts/bench-peer.sh

.PHONY: recover
recover: ## set up what is missing, and measure how soon a large state is back: killed, moved, restored, rebuilt (RECOVER_RECORDS)
	@scripts/recover.sh

.PHONY: lint
lint: ## formatting, clippy with warnings denied, and the deployment files
	@scripts/lint.sh
