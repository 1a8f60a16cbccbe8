#!/bin/sh
# tools/demo.sh TACIT SOURCE_DIR: the main job on the bundled models: compile, commit, prove, verify, and four forgeries.
set -eu
tacit=$1
examples=$2/examples
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM
export XDG_STATE_HOME="$dir/state"

say() { printf '\n== %s\n' "$*"; }
run() {
    printf '$ tacit'
    for word in "$@"; do printf ' %s' "$word" | sed "s,$dir/,,g; s,$examples/,examples/,g"; done
    printf '\n'
    "$tacit" "$@"
}
# The command must fail with exit code 1; its one line says why.
refused() {
    if "$tacit" verify --no-cache "$@" >"$dir/out" 2>&1; then
        echo "demo: a forged proof was accepted" >&2
        exit 1
    elif [ $? -ne 1 ]; then
        cat "$dir/out" >&2
        exit 1
    fi
    sed "s,$dir/,,g" "$dir/out"
}

prove_one() { # name input options..
    name=$1
    input=$2
    shift 2
    run compile "$examples/$name/model.onnx" --calibrate "$examples/$name/calibration.npz" \
        --test "$examples/$name/test.npz" -o "$dir/$name.tacit" "$@"
    run commit "$dir/$name.tacit" -o "$dir/$name.cert" --key "$dir/$name.key" --proofs 20
    run prove --key "$dir/$name.key" --input "$examples/$name/$input" --context "demo 1" \
        -o "$dir/$name.tacit-proof" --output "$dir/$name.npy"
    run verify --no-cache --cert "$dir/$name.cert" "$dir/$name.tacit-proof" --context "demo 1" --output "$dir/$name.npy"
}

say "A convolutional digit classifier (scikit-learn's handwritten digits): image and weights stay private"
prove_one digits image.npy
cert=$dir/digits.cert
proof=$dir/digits.tacit-proof

say "The same proof with one byte changed"
cp "$proof" "$dir/changed.tacit-proof"
size=$(wc -c <"$proof")
at=$((size / 2))
byte=$(od -An -tu1 -j "$at" -N 1 "$proof" | tr -d ' ')
# shellcheck disable=SC2059
printf "$(printf '\\%03o' $(((byte + 1) % 256)))" | dd of="$dir/changed.tacit-proof" bs=1 seek="$at" conv=notrunc 2>/dev/null
refused --cert "$cert" "$dir/changed.tacit-proof"

say "The proof held against another output"
"$tacit" prove --key "$dir/digits.key" --input "$examples/digits/other.npy" -o "$dir/other.tacit-proof" \
    --output "$dir/other.npy" >/dev/null
refused --cert "$cert" "$proof" --output "$dir/other.npy"

say "The proof held against another context"
refused --cert "$cert" "$proof" --context "demo 2"

say "A tabular model (breast-cancer data, sigmoid output): a medical decision on private data"
prove_one breast-cancer patient.npy

say "The digit proof against the other model's certificate"
refused --cert "$dir/breast-cancer.cert" "$proof"

printf '\ndemo: everything as it should be\n'
