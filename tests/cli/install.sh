#!/bin/sh
# tests/cli/install.sh BUILD SOURCE: installs into a temporary prefix; a program builds against pkg-config, another against the
# stand-alone verifier alone, and the generated one-file verifier compiles alone.
set -eu
build=$1
source=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cmake --install "$build" --prefix "$dir/usr" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$dir/usr" -name tacit.pc)")
export PKG_CONFIG_PATH
cat >"$dir/use.c" <<'C'
#include <stdio.h>
#include <tacit/tacit.h>
int main(void) {
    tacit_error err;
    tacit_verdict v;
    char scratch[4096];
    printf("%s\n", tacit_status_text(tacit_verify("TACC", 4, "x", 1, NULL, scratch, sizeof scratch, &v, &err)));
    return err.status == TACIT_MALFORMED && tacit_verify_scratch("x", 1) == 0 ? 0 : 1;
}
C
# shellcheck disable=SC2046
cc "$dir/use.c" $(pkg-config --define-prefix --cflags --libs tacit) -o "$dir/use"
LD_LIBRARY_PATH=$(dirname "$(find "$dir/usr" -name libtacit.so | head -1)") "$dir/use"
# shellcheck disable=SC2046
cc "$dir/use.c" $(pkg-config --define-prefix --cflags --libs tacit-verify) -o "$dir/use-verify"
"$dir/use-verify"
# shellcheck disable=SC2046
cc "$dir/use.c" $(pkg-config --define-prefix --cflags --libs tacit3) -o "$dir/use3"
"$dir/use3"
python3 "$source/tools/one_file" 2 >"$dir/tacit_verify.c"
cc -std=c11 -Wall -Wextra -c "$dir/tacit_verify.c" -o "$dir/tacit_verify.o"
cc -I"$dir/usr/include" "$dir/use.c" "$dir/tacit_verify.o" -o "$dir/use-one"
"$dir/use-one"
man -l "$dir"/usr/share/man/man1/tacit.1 >/dev/null 2>&1 || true
echo "install: library, stand-alone verifier and one-file verifier link"
