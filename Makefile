# tacit: `make demo` and `make test` do everything on a fresh Debian 12 (as root: missing packages are installed).
BUILD ?= build
JOBS ?= $(shell nproc)
CMAKE_ARGS ?=

.PHONY: all setup build demo test test-large vectors bench sanitize mutation coverage msan portable closure fuzz lint format
.PHONY: install clean

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

# Every check of the verifier is deleted in turn; a named test must be red (minutes).
mutation: setup
	@tools/delete_checks instrument $(BUILD)-mutation/instrumented
	@cmake -S . -B $(BUILD)-mutation -G Ninja -DTACIT_WERROR=OFF -DTACIT_INSTRUMENTED=$(CURDIR)/$(BUILD)-mutation/instrumented > /dev/null
	@cmake --build $(BUILD)-mutation -j $(JOBS) --target $$(tools/delete_checks tests)
	@tools/delete_checks run $(BUILD)-mutation

# Lines and branches of the verifier that the tests reach (clang).
coverage: setup
	@command -v llvm-cov-14 clang-14 > /dev/null || apt-get install -y -qq clang-14 llvm-14
	@CC=clang-14 cmake -S . -B $(BUILD)-coverage -G Ninja -DTACIT_WERROR=OFF -DTACIT_COVERAGE=ON -DCMAKE_BUILD_TYPE=None > /dev/null
	@cmake --build $(BUILD)-coverage -j $(JOBS) --target $$(tools/coverage tests)
	@tools/coverage $(BUILD)-coverage

# The one-file verifier on the vectors and on changed proofs: under MemorySanitizer; on 32 bits and big-endian (emulated).
msan: setup
	@tools/portable $(BUILD)-portable --msan
portable: setup
	@tools/portable $(BUILD)-portable

# How large the verifier is.
closure:
	@tools/closure_size

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
	@rm -rf $(BUILD) $(BUILD)-sanitize $(BUILD)-fuzz $(BUILD)-mutation $(BUILD)-coverage $(BUILD)-portable
