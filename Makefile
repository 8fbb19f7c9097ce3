# What a person types. Everything a build needs comes from .ci/deps and lies
# in .deps/, which git ignores; nothing here is needed once `make env` is in
# the shell: plain `go build` and `go test` work there.

.DEFAULT_GOAL := help
.PHONY: help deps env build run test lint race sanitize fuzz bench golden temporal results clean

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
WITH    := eval "$$(.ci/env.sh)" &&
PKG     ?= ./...
SHELL   := /bin/bash
TESTS   := .ci/test.sh

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

deps: ## fetch and build what a build needs, once
	@.ci/deps/packages.sh
	@.ci/deps/golang.sh
	@.ci/deps/ffmpeg.sh
	@.ci/deps/onnxruntime.sh

env: ## print the shell environment: eval "$(make -s env)"
	@.ci/env.sh

build: deps ## bin/padapter
	@$(WITH) go build -buildvcs=false -ldflags '-X main.version=$(VERSION)' -o bin/padapter ./cmd/padapter

run: build ## the whole way once, on clips it renders itself
	@$(WITH) bin/padapter demo $(ARGS)

test: deps ## every test (PKG=./decode/... for some)
	@$(WITH) $(TESTS) $(PKG)

lint: deps ## gofmt, go vet, staticcheck, import directions, shell scripts
	@.ci/deps/linters.sh
	@$(WITH) .ci/lint.sh

race: deps ## every test under the race detector
	@$(WITH) TEST_TIMEOUT=30m $(TESTS) -race $(PKG)

sanitize: deps ## decode's C unit under the address and undefined-behaviour sanitizers
	@decode/testdata/sanitize.sh

fuzz: deps ## every fuzz target for FUZZTIME (10s) each
	@$(WITH) .ci/fuzz.sh $(PKG)

bench: build ## decode and model throughput on this machine
	@$(WITH) go test -run '^$$' -bench . -benchmem $(PKG)

golden: deps ## parity with the fixtures in PADAPTER_GOLDEN or ../shared/golden
	@$(WITH) $(TESTS) -run Golden ./models/...

temporal: deps ## a Temporal server for development on a SQLite file (TEMPORAL="--port 7233 --db temporal.sqlite")
	@mkdir -p bin
	@cd pipeline/engine/temporal/devserver && CGO_ENABLED=0 GOEXPERIMENT= GOFLAGS='-buildvcs=false -mod=readonly' go build -o ../../../../bin/devserver .
	@exec bin/devserver --db bin/temporal.sqlite $(TEMPORAL)

results: build ## the tables of docs/measurements/results.md, by the experiment (RESULTS=folder, resumable)
	@$(WITH) .ci/results.sh $(or $(RESULTS),results-out)

clean: ## remove what was built, keep .deps
	@rm -rf bin demo-out
