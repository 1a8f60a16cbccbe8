#!/bin/sh
# make_proofs.sh BUILD_FOLDER: the certificates and proofs of vectors/proofs/, by the command. Their randomness is fresh:
# run it when a format changes, then `make vectors`.
set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/proofs"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
"$build/make_vectors_2" --model small.tacit
echo '{"input_data": [[0.25, 1.75, 0.0, 1.25]]}' > "$work/x.json"
for degree in 2 3; do
    case $degree in 2) bits=100 ;; *) bits=128 ;; esac
    "$build/tacit" commit --security $bits small.tacit -o small-$degree.cert --key "$work/$degree.key" --proofs 3
    "$build/tacit" prove --security $bits --key "$work/$degree.key" --input "$work/x.json" -o small-$degree.proof --context vectors
    "$build/tacit" prove --security $bits --key "$work/$degree.key" --input "$work/x.json" -o shown-$degree.proof \
        --show input --hide output
    "$build/false_proof_$degree" "$work/$degree.key" false-$degree.proof
done
