# `make` alone says what there is. Each target does one thing, and says so in its `##` comment.
.DEFAULT_GOAL := help
SHELL := /bin/sh
JOBS ?= $(shell nproc)
export CCACHE_NOHASHDIR := 1
export CCACHE_BASEDIR := $(CURDIR)

.PHONY: help run test check bench bench-load bench-mirror chaos rolling cluster cluster-down dev release fuzz e2e format clean build-deps test-deps bench-deps

help:  ## this text
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build-deps  ## build, start on :4242 with CRAN, PyPI and two demo repositories, say what to paste into R and pip
	@tools/build.sh release granary
	@tools/demo.sh build/release/src/app/granary

test: test-deps  ## everything that is tested: lints, units, end to end, fuzz, clang-tidy
	@python3 tools/run_tests.py

check: test-deps  ## the lints, the formatting and clang-tidy
	@python3 tools/run_tests.py lint tidy

e2e: test-deps  ## real clients against the release build (also: .cache/venv/bin/pytest tests/e2e -k pip)
	@python3 tools/run_tests.py e2e

FAULTS ?= 200
SEED ?= 1
BALANCER ?= repeats
chaos: test-deps  ## as root: FAULTS (200) faults of a whole installation under load, docs/faults.md; SEED (1; an even one: without KMS), BALANCER=alb
	@tools/build.sh release granary
	@python3 tests/chaos/run.py $(FAULTS) $(SEED) --balancer $(BALANCER)

rolling: test-deps  ## as root: three nodes of the version of OLD, a commit, updated one after the other under load (SEED)
	@test -n "$(OLD)" || { echo "say from which version: make rolling OLD=COMMIT"; exit 1; }
	@tools/build.sh release granary
	@old=$$(tools/build-commit.sh "$(OLD)") && python3 tests/chaos/rolling.py "$$old" $(SEED)

fuzz: test-deps  ## each fuzz target for FUZZ_SECONDS (10)
	@python3 tools/run_tests.py fuzz

cluster: test-deps  ## as root: three nodes, PostgreSQL with a standby, S3, a KMS and a balancer on this machine
	@tools/build.sh release granary
	@python3 tests/lab up

cluster-down:  ## end what make cluster started
	@python3 tests/lab down

bench: bench-deps  ## the tables of docs/benchmarks.md, side by side with nginx, pypiserver and devpi
	@tools/build.sh release granary
	@.cache/venv-bench/bin/python bench/run.py

bench-load: test-deps  ## as root: docs/load.md: a day of installs on one node and on three (LOAD_INSTALLS, LOAD_SECONDS)
	@tools/build.sh release granary
	@python3 bench/load/run.py

bench-mirror: bench-deps  ## docs/benchmarks-mirror.md: CRAN and PyPI at full size (MIRROR_ROUNDS, MIRROR_SCALE)
	@tools/build.sh release granary
	@.cache/venv-bench/bin/python bench/mirror/run.py

dev: build-deps  ## debug build with ASan and UBSan in build/dev, with the unit tests
	@tools/build.sh dev

release: build-deps  ## optimised build: build/release/src/app/granary
	@tools/build.sh release granary

format:  ## clang-format over the C++ sources
	@tools/format.sh

clean:  ## remove the builds (not the data, not the caches)
	rm -rf build

build-deps:
	@tools/install-packages.sh tools/apt.txt

test-deps: build-deps
	@tools/install-packages.sh tools/apt-test.txt
	@tools/install-clients.sh
	@.cache/venv/bin/python tests/upstreams/prepare.py

bench-deps: test-deps
	@tools/install-packages.sh tools/apt-bench.txt
	@tools/install-clients.sh bench
