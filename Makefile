# What a person types; `make help` prints the list. Everything a build needs
# comes from .ci/deps and lies in .deps/, which git ignores. In a shell with
# eval "$(make -s env)" plain `go build` and `go test` work.
#
# PKG names packages (./...), FUZZTIME and TEST_TIMEOUT set times; the other
# variables are named beside the targets.

.DEFAULT_GOAL := help
.PHONY: help deps env build run test lint race sanitize differential fuzz bench bench-models bench-decoders golden temporal results clean

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
WITH    := eval "$$(.ci/env.sh)" &&
PKG     ?= ./...
CORPORA ?= .deps/corpora
SHELL   := /bin/bash
TESTS   := .ci/test.sh

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

deps: ## fetch and build what a build needs, once
	@.ci/deps/packages.sh
	@.ci/deps/golang.sh
	@.ci/deps/ffmpeg.sh
	@.ci/deps/onnxruntime.sh
	@.ci/deps/openvino.sh

env: ## print the shell environment: eval "$(make -s env)"
	@.ci/env.sh

build: deps ## bin/padapter
	@$(WITH) go build -buildvcs=false -ldflags '-X main.version=$(VERSION)' -o bin/padapter ./cmd/padapter

run: build ## the full pipeline once, on clips that it renders (ARGS="--small")
	@$(WITH) bin/padapter demo $(ARGS)

test: deps ## every test (PKG=./decode/... for some)
	@$(WITH) $(TESTS) $(PKG)

lint: deps ## formatting, vet, staticcheck, import directions, links, scripts
	@.ci/deps/linters.sh
	@$(WITH) .ci/lint.sh

race: deps ## every test under the race detector (PKG)
	@$(WITH) TEST_TIMEOUT=30m $(TESTS) -race $(PKG)

sanitize: deps ## decode's C code and its parts of FFmpeg under the address and undefined-behaviour sanitizers
	@decode/testdata/sanitize.sh
	@decode/testdata/nomemory.sh
	@decode/ffmpeg/test/sanitize.sh

differential: deps ## decode's parts of FFmpeg against FFmpeg as it is, on PADAPTER_MUTANTS damaged clips
	@decode/ffmpeg/test/differential.sh

fuzz: deps ## every fuzz target, FUZZTIME (10s) each (PKG)
	@$(WITH) .ci/fuzz.sh $(PKG)

bench: build ## every benchmark of the packages (PKG)
	@$(WITH) go test -run '^$$' -bench . -benchmem $(PKG)

bench-models: build ## networks in turns with PyTorch, OpenVINO and ONNX Runtime (PEERS="--model small --rounds 3")
	@.ci/deps/python.sh
	@$(WITH) "$$PADAPTER_PYTHON" models/bench/peers/compare.py --padapter bin/padapter $(PEERS)

bench-decoders: build ## decoding in turns with torchcodec, decord, PyAV and OpenCV (CORPORA=folder, PEERS="--rounds 5")
	@.ci/deps/python.sh
	@decode/bench/corpora.sh $(CORPORA) >/dev/null
	@$(WITH) "$$PADAPTER_PYTHON" decode/bench/peers/compare.py bin/padapter $(CORPORA)/* $(PEERS)

golden: deps ## parity with the reference (testdata, PADAPTER_GOLDEN, ../shared/golden)
	@$(WITH) $(TESTS) -run Golden ./models/... ./sampler

temporal: deps ## a Temporal server for development (TEMPORAL="--port 7233")
	@.ci/deps/devserver.sh
	@mkdir -p bin && exec .deps/devserver/devserver --db bin/temporal.sqlite $(TEMPORAL)

results: build ## the tables of docs/measurements/results.md (RESULTS=folder, resumable)
	@$(WITH) .ci/results.sh $(or $(RESULTS),results-out)

clean: ## remove what was built, keep .deps
	@rm -rf bin demo-out
