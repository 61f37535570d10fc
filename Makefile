# The project's commands; `make` lists them.  Building itself is CMake's work (CMakePresets.json).
SHELL := /bin/bash
export JOBS ?= $(shell nproc)
WERROR ?=
PYTHON := $(CURDIR)/build/venv/bin/python
BUILD := build/release
OPTIONS = -DPython_EXECUTABLE=$(PYTHON) $(if $(WERROR),-DFOKKER_WERROR=$(WERROR))
SOURCES = $(shell git ls-files '*.h' '*.cpp')
FORMAT = $(or $(firstword $(shell command -v clang-format-14 clang-format)),$(error clang-format is not installed))
TIDY = $(or $(firstword $(shell command -v run-clang-tidy-14 run-clang-tidy)),$(error clang-tidy is not installed))

.PHONY: help setup build demo test nightly bench peers format check-format tidy headers asan tsan asan-python stubs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z -]*:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install missing packages and the Python environment
	@scripts/setup

build: setup ## the library, the command and the Python module, in build/release
	@scripts/build release all $(OPTIONS)

demo: build ## train on the digits, sample by four samplers, evaluate: table, pictures, results.h5
	@rm -rf runs/demo
	$(BUILD)/bin/fokker run experiments/digits.toml --out runs/demo
	@$(PYTHON) scripts/judge.py runs/demo/results.h5 --brief
	@echo "open     runs/demo/overview.png: real digits on the left, generated ones on the right"

test: build ## all tests but the nightly ones, C++ and Python
	ctest --preset release --progress --no-tests=error
	PYTHONPATH=$(BUILD)/python $(PYTHON) -m pytest -q tests/python

nightly: build headers ## every test, the slow ones too, and `make demo` and `make test` on a bare Debian (as root)
	ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS) --no-tests=error
	PYTHONPATH=$(BUILD)/python $(PYTHON) -m pytest -q -m "" tests/python
	scripts/bare

headers: build ## every header compiles on its own
	@scripts/build release fokker_headers $(OPTIONS)

peers: ## the environment of the libraries that `make bench` compares with
	@scripts/setup peers

bench: build ## side by side with the peers: docs/performance.md and build/bench.json
	$(PYTHON) scripts/bench.py
	$(PYTHON) scripts/bench_unet.py

format: ## clang-format every C++ file in place
	@$(FORMAT) -i $(SOURCES)

check-format: ## fail where a file is not formatted
	@$(FORMAT) --dry-run -Werror $(SOURCES)

tidy: build ## clang-tidy over the library
	$(TIDY) -quiet -j $(JOBS) -p $(BUILD) '/(core|sde|solvers|score|experiments|python)/[^.]*\.cpp$$'

asan tsan: setup ## the C++ tests under the sanitizers
	@scripts/build $@ all $(OPTIONS)
	ctest --preset $@

# The interpreter is not built with the sanitizers, so their runtimes are loaded before it; it leaks at exit by design.
asan-python: setup ## the Python tests named by TESTS=… under the address and undefined-behaviour sanitizers
	@scripts/build asan all $(OPTIONS)
	LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
	  FOKKER_COMMAND=$(CURDIR)/build/asan/bin/fokker PYTHONPATH=build/asan/python $(PYTHON) -m pytest -q $(or $(TESTS),tests/python)

stubs: build ## the type stub of the Python extension
	@$(PYTHON) -m pip install -q pybind11-stubgen
	PYTHONPATH=$(BUILD)/python $(PYTHON) scripts/stubs.py

clean: ## remove what was built; the environments stay
	rm -rf build/release build/dev build/asan build/tsan
