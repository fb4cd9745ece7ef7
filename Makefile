# Everything runs in .venv, which the first target that needs it makes.

VENV := .venv
BIN := $(VENV)/bin
MODEL ?= models/suspect_list_as_posted.py
# The tests are spread over the processors; a test takes up to a few hundred megabytes.
SPREAD := --numprocesses auto --maxprocesses 8 --dist worksteal

.PHONY: setup verify test table thread verdicts fuzz race lint bench billion docs pages site

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# make verify MODEL=models/upstream.py
verify: setup
	$(BIN)/ovlcheck verify $(MODEL)

test: setup
	$(BIN)/python -m pytest $(SPREAD)

# The tables of the designs, and docs/table.md: some minutes.
table: setup
	$(BIN)/python -m docs.tables

# The pages about the thread, the findings, the proposed design and the scenarios, from runs: some minutes.
thread: setup
	$(BIN)/python -m docs.generate

# Every verdict of the designs again, those of the kept tables too, and every certificate: many minutes.
verdicts: setup
	$(BIN)/python -m pytest tests/models/default_configuration.py tests/comparison/whole_table.py tests/docs/generate/every_run.py tests/symbolic/every_certificate.py tests/symbolic/every_model.py

# The random tests with examples that nobody has seen.
fuzz: setup
	OVLCHECK_EXAMPLES=new $(BIN)/python -m pytest $(SPREAD)

# The native engine's threads under ThreadSanitizer (gcc's libtsan): half a minute.
race: setup
	$(BIN)/python -m tests.explore.race

# Against Spin, Rumur and the machine itself, in under half an hour; wants the machine for itself.
bench: setup
	$(BIN)/python -m benchmarks.run

# A thousand million states, to the end: the better part of an hour, and 20 GiB.
billion: setup
	$(BIN)/python -m benchmarks.billion

# The page of every violation of every design, stepped through in Chromium: some minutes.
pages: setup
	$(BIN)/python -m pytest tests/trace/pages_of_models.py

# Every command of the documentation, the slow ones too.
docs: setup
	$(BIN)/python -m tests.docs

# The documentation as a site, in build/site.
site: setup
	$(BIN)/python -m docs.site.commands
	$(BIN)/python -m mkdocs build --strict --config-file docs/site/mkdocs.yml

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy
