# Tasks for people. The checks themselves are in .ci/run, so that CI and a terminal run the same.

.DEFAULT_GOAL := help
.PHONY: help check fmt fmt-check vet tidy deps test race figures lint api api-check interop examples newcomer matrix bench soak fuzz vuln clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: ## all that CI runs, but for vuln
	@.ci/run

fmt: ## format every file with gofumpt
	GOBIN="$(CURDIR)/.bin" go -C internal/tools install mvdan.cc/gofumpt
	.bin/gofumpt -w .

api: ## write the listing of the exported API anew
	go run ./internal/apilist

fmt-check: ## say which files gofumpt would change
	@.ci/run fmt

vet: ## go vet
	@.ci/run vet

lint: ## golangci-lint, as .golangci.yml says
	@.ci/run lint

test: ## the tests
	@.ci/run test

race: ## the tests under the race detector, in random order
	@.ci/run race

interop: ## run the vendors' own clients against the loopback servers
	@.ci/run interop

figures: ## print what tests count
	@.ci/run figures

examples: ## run every example against its loopback server
	@.ci/run examples

newcomer: ## paste README's snippets into an empty module, run them and compare
	@.ci/run newcomer

api-check: ## compare the exported API with its listing
	@.ci/run api

deps: ## compare the dependency table of CONTRIBUTING.md with go.mod
	@.ci/run deps

tidy: ## compare go.mod and go.sum with what is imported
	@.ci/run tidy

matrix: ## write README's tables of what each cloud can do anew
	go run ./internal/matrix

bench: ## speed, memory and size beside the peers; BENCH_SLOW=1 for the rows that take minutes
	@.ci/run bench

soak: ## the property tests of plans and their interruptions, for hours
	LBKIT_SOAK=1 go test ./lb/topology -run 'TestApply|TestExport|TestPlanIsMinimal|TestMigration' -rapid.checks=2000 -timeout 3h

fuzz: ## each fuzz target for a minute; FUZZTIME=10s for less
	@.ci/run fuzz

vuln: ## govulncheck; fails where its database cannot be reached, GOVULNDB names a mirror
	@.ci/run vuln

clean: ## remove the tools that were built here
	rm -rf .bin
