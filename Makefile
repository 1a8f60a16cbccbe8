# tacit: `make demo` and `make test` do everything on a fresh Debian 12 (as root: missing packages are installed).
BUILD ?= build
JOBS ?= $(shell nproc)
CMAKE_ARGS ?=

.PHONY: all setup build demo test test-large vectors bench sanitize fuzz lint format install clean

all: build

setup:
	@tools/setup.sh

$(BUILD)/build.ninja: CMakeLists.txt cmake/*.cmake | setup
	@cmake -S . -B $(BUILD) -G Ninja $(CMAKE_ARGS) > $(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

build: $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS)

demo: build
	@tools/demo.sh $(BUILD)/tacit $(CURDIR)

test: build
	@cd $(BUILD) && ctest --output-on-failure -j $(JOBS) -LE large

test-large: build
	@cd $(BUILD) && ctest --output-on-failure -L large

# Prints vectors/*.json again (from the published proofs in vectors/proofs).
vectors: build
	@$(BUILD)/make_vectors_2 vectors
	@$(BUILD)/make_vectors_3 vectors

bench: build
	@tools/bench.sh $(BUILD)

# The same tests under AddressSanitizer and UBSan, in a build of their own.
sanitize: setup
	@cmake -S . -B $(BUILD)-sanitize -G Ninja -DTACIT_SANITIZE=ON -DTACIT_WERROR=OFF -DCMAKE_BUILD_TYPE=None > /dev/null
	@cmake --build $(BUILD)-sanitize -j $(JOBS)
	@cd $(BUILD)-sanitize && TACIT_SAMPLE=1 ctest --output-on-failure -j $(JOBS) -LE large

# libFuzzer targets (clang): FUZZ_SECONDS each.
fuzz: setup
	@tools/fuzz.sh $(BUILD)-fuzz

lint: build
	@tools/check_layers
	@clang-format-14 --dry-run --Werror $$(git ls-files '*.c' '*.h')

format:
	@clang-format-14 -i $$(git ls-files '*.c' '*.h')

install: build
	@cmake --install $(BUILD)

clean:
	@rm -rf $(BUILD) $(BUILD)-sanitize $(BUILD)-fuzz
