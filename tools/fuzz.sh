#!/bin/sh
# tools/fuzz.sh BUILD: builds the libFuzzer targets with clang and runs each for FUZZ_SECONDS (default 120).
set -eu
build=$1
source=$(cd "$(dirname "$0")/.." && pwd)
seconds=${FUZZ_SECONDS:-120}
cc=$(command -v clang-14 || command -v clang) || { echo "fuzz: needs clang (apt-get install clang-14 libclang-rt-14-dev libomp-14-dev)"; exit 1; }
CC=$cc cmake -S "$source" -B "$build" -G Ninja -DTACIT_FUZZ=ON -DCMAKE_BUILD_TYPE=None -DTACIT_WERROR=OFF -DBUILD_TESTING=OFF >/dev/null
cmake --build "$build" -j "$(nproc)" --target fuzz_npy fuzz_program fuzz_certificate fuzz_proof fuzz_onnx tacit_command >/dev/null
work=$build/corpus
mkdir -p "$work/npy" "$work/program" "$work/certificate" "$work/proof" "$work/onnx"
cp -r "$source"/fuzz/corpus/* "$work/"
example=$source/examples/breast-cancer
export OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0
"$build/tacit" compile "$example/model.onnx" --calibrate "$example/calibration.npz" -o "$work/m.tacit" >/dev/null
rm -f "$work/m.key"
"$build/tacit" commit "$work/m.tacit" -o "$work/m.cert" --key "$work/m.key" --proofs 2 >/dev/null
"$build/tacit" prove --key "$work/m.key" --input "$example/patient.npy" -o "$work/m.proof" >/dev/null
cp "$work/m.cert" "$work/certificate/"
cp "$work/m.proof" "$work/proof/"
cp "$source"/examples/*/model.onnx "$work/onnx/" 2>/dev/null || true
for f in "$source"/examples/*/*.npy "$source"/examples/*/*.npz "$source"/examples/*/*.json; do
    cp "$f" "$work/npy/$(echo "$f" | sed "s,$source/,,; s,/,_,g")"
done
# the program lies in the model file behind magic, version and length: cut it out by its own magic
python3 - "$work/m.tacit" "$work/program/seed" <<'PY'
import sys
data = open(sys.argv[1], "rb").read()
at = data.index(b"TACP")
open(sys.argv[2], "wb").write(data[at:])
PY
export ASAN_OPTIONS=detect_leaks=1 TACIT_FUZZ_CERT="$work/m.cert" TACIT_FUZZ_PROOF="$work/m.proof"
for target in npy program certificate proof onnx; do
    echo "fuzz_$target: $seconds s"
    "$build/fuzz_$target" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=60 -max_len=400000 -print_final_stats=1 \
        -artifact_prefix="$work/" "$work/$target" >"$work/$target.log" 2>&1 || { tail -40 "$work/$target.log"; exit 1; }
    grep -E 'stat::number_of_executed_units|DONE' "$work/$target.log"
done
