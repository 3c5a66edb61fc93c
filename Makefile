# Two commands matter: `make report` and `make test`.  `make help` lists the rest.

PYTHON   ?= python3
VENV     ?= .venv
BIN      := $(VENV)/bin
EVIDENCE ?= data/sample
OUT      ?=
JOBS     ?=
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Tests and reports start some eighty processes: none should compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.PHONY: report
report: $(VENV)/installed  ## run every notebook (EVIDENCE=folder for your own) and print the path of the index
	@$(BIN)/speckit-analysis report all --evidence "$(EVIDENCE)" $(if $(OUT),--out "$(OUT)") $(if $(JOBS),--jobs $(JOBS))

# One file of tests, or one notebook, stays with one worker: what it sets up is set up once.
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder \
	--nbval --nbval-sanitize-with notebooks/nbval.cfg

.PHONY: test
test: $(VENV)/installed-dev  ## run the tests, and hold the notebooks to their committed outputs
	@$(PYTEST)

.PHONY: test-all
test-all: $(VENV)/installed-dev  ## the same with long simulations of the methods
	@$(PYTEST) -m ""

.PHONY: lab
lab: $(VENV)/installed  ## open JupyterLab on the notebooks
	@$(BIN)/jupyter lab notebooks

# Every notebook but the forms that people fill in.
REPORTS := $(BIN)/python -c 'from speckit_analysis.reports.library import notebook_names; print(*(f"notebooks/{name}.ipynb" for name in notebook_names()))'

.PHONY: notebooks
notebooks: $(VENV)/installed  ## execute the committed notebooks anew on the sample
	@$(BIN)/jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False $$($(REPORTS))

.PHONY: sample
sample: $(VENV)/installed  ## write data/sample anew; data/real is no simulation and stays
	@rm -rf data/sample && $(BIN)/speckit-analysis simulate --out data/sample

.PHONY: docs
docs: $(VENV)/installed  ## write the generated pages of docs/ anew
	@$(BIN)/python docs/generate.py

.PHONY: lint
lint: $(VENV)/installed-dev  ## ruff and mypy
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

.PHONY: bench
bench: $(VENV)/installed-dev  ## measure loading against its targets
	@$(BIN)/python benchmarks/load.py --check

.PHONY: clean
clean:  ## remove the environment and what was generated
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The environment is made anew when what it is made from changes.
$(VENV)/installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@
