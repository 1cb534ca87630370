# Targets for people; .ci/run calls lint and test exactly as they stand here.

# Labs need root; cargo builds as whoever calls.
ROOT := scripts/as-root
CARGO ?= cargo
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))

# Tests in labs mostly wait for hosts: three times as many at a time as there are processors.
export RUST_TEST_THREADS ?= $(shell expr 3 \* $$(nproc))

# How many faults to try (all without N), in which order, on which kinds of host.
N ?= all
SEED ?=
KINDS ?= all
# How many labs side by side, and whether only to try what no record of these scripts tells of.
LABS ?= 2
RESUME ?=

.PHONY: help demo test test-all faults faults-table matrix-table fuzz lint audit bench clean

help:
	@echo 'make demo      see it work, on throw-away hosts of this machine (about 1 min)'
	@echo 'make test      all tests, on real hosts in labs'
	@echo 'make test-all  the same with the long cases'
	@echo 'make faults    break hosts at every step (N=200 SEED=7 KINDS=debian12,debian13 LABS=4 RESUME=1); faults-table and matrix-table write docs'
	@echo 'make fuzz      give the parsers texts that nobody would write (SECONDS=60 for each)'
	@echo 'make lint      format, clippy, shellcheck, licences and sources of dependencies'
	@echo 'make audit     known vulnerabilities of dependencies (needs the internet)'
	@echo 'make bench     rappel, OpenSSH, Ansible, mitogen and pyinfra on the same hosts; ten thousand simulated ones'

# The dev profile: it builds in a third of the time, and the network is what is waited for.
demo:
	scripts/install-tools build
	scripts/install-lab
	$(CARGO) build --locked
	$(ROOT) $(TARGET)/debug/rappel lab run t3 -- env RAPPEL=$(TARGET)/debug/rappel demo/demo.sh

# Built before root comes in, so that nothing in target/ belongs to root.
test:
	scripts/install-tools test
	$(CARGO) test --locked --no-run
	$(ROOT) scripts/base-image
	$(ROOT) $(CARGO) test --locked --no-fail-fast

# Whole machines under emulation: their images take minutes to build, each boot one.
test-all:
	RAPPEL_TEST_ALL=1 $(MAKE) test
	scripts/install-tools browser
	$(ROOT) $(CARGO) test --locked --test plans in_a_browser -- --ignored
	$(ROOT) tests/machine/images.sh
	$(ROOT) env RAPPEL_TEST_ALL=1 $(CARGO) test --locked --test machine -- --ignored
	$(ROOT) sh tests/vagrant/box.sh "$$(scripts/base-image bookworm-vagrant)"
	$(ROOT) env RAPPEL_TEST_ALL=1 $(CARGO) test --locked --test vagrant -- --ignored

faults:
	scripts/install-tools test
	$(CARGO) test --locked --no-run --test faults
	$(ROOT) scripts/base-image
	$(ROOT) env RAPPEL_FAULTS_N=$(N) RAPPEL_FAULTS_SEED=$(SEED) RAPPEL_FAULTS_KINDS=$(KINDS) \
		RAPPEL_FAULTS_LABS=$(LABS) RAPPEL_FAULTS_RESUME=$(RESUME) \
		RAPPEL_FAULTS_OUT=faults.json \
		$(CARGO) test --locked --test faults nothing_is_lost -- --nocapture

# From what the last `make faults` found.
faults-table:
	$(CARGO) test --locked --test faults the_table_of_the_book -- --ignored

# From the records of the last `make test` and the last `make faults`.
matrix-table:
	$(CARGO) test --locked --test matrix the_results_of_the_book -- --ignored

SECONDS ?= 60
fuzz:
	set -e; for target in wire observed network lint; do scripts/fuzz $$target $(SECONDS); done

lint:
	scripts/install-tools lint
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	scripts/lint-shell
	$(CARGO) deny --locked check bans licenses sources

audit:
	scripts/install-tools lint
	$(CARGO) deny --locked check advisories

# Twenty hosts near by and far away, HOSTS=8 for a smaller machine; then ten thousand simulated
# ones (FLEET=1000), and what a fleet costs before any packet is sent. Results also go to
# target/bench.json, bench-far.json, bench-fleet.json and target/criterion.
HOSTS ?= 20
FLEET ?= 10000
bench:
	scripts/install-tools build
	scripts/install-lab
	$(CARGO) build --locked --release
	$(CARGO) test --locked --release --test fleet --no-run
	venv=$$(scripts/install-bench) && for far in '' 0.05; do \
		$(ROOT) $(TARGET)/release/rappel lab run fleet:$(HOSTS):bookworm-python -- \
			env RAPPEL=$(TARGET)/release/rappel DELAY=$$far OUT=$(TARGET)/bench$${far:+-far}.json \
			benches/compare/compare.sh "$$venv" || exit 1; \
	done
	$(ROOT) env FLEET=$(FLEET) $(CARGO) test --locked --release --test fleet ten_thousand -- --ignored --nocapture
	$(CARGO) bench --locked --bench fleet

clean:
	$(CARGO) clean
