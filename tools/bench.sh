#!/bin/sh
# tools/bench.sh BUILD: kernels against their limits, synthetic programs, models. Long; run on a quiet machine.
set -eu
build=$1
source=$(cd "$(dirname "$0")/.." && pwd)
shared=${TACIT_SHARED:-$source/../shared}

echo "## kernels"
OMP_NUM_THREADS=1 "$build/bench_kernels"
echo "## synthetic programs"
for job in "lookups 14" "lookups 20" "elements 20" "elements 22" "elements 24"; do
    # shellcheck disable=SC2086
    "$build/bench_synthetic" $job
done
if [ ! -d "$shared/data/mnist" ]; then
    echo "## models: skipped (no $shared)"
    exit 0
fi
models=$build/bench-models
if [ ! -f "$models/lenet5.onnx" ]; then
    echo "## training LeNet-5 and the MLP on MNIST (once)"
    python3 -m venv "$build/venv"
    "$build/venv/bin/pip" install -q -r "$source/examples/requirements.txt"
    "$build/venv/bin/python" "$source/examples/mnist/train.py" --data "$shared/data/mnist" --out "$models"
fi
cp -n "$shared/models/onnx-zoo/mnist-8.onnx" "$models/" 2>/dev/null || true
echo "## models"
for options in 8 16 "8 --overflow refuse" "8 --activations 12"; do
    for name in mnist-8 lenet5 mlp; do
        # shellcheck disable=SC2086
        "$source/tools/bench_model.sh" "$build" "$models/$name.onnx" "$models" $options
    done
    for name in digits breast-cancer; do
        # shellcheck disable=SC2086
        "$source/tools/bench_model.sh" "$build" "$source/examples/$name/model.onnx" "$source/examples/$name" $options
    done
done
echo "## the other profile"
for name in digits breast-cancer; do
    TACIT_SECURITY=128 "$source/tools/bench_model.sh" "$build" "$source/examples/$name/model.onnx" "$source/examples/$name" 8
done
TACIT_SECURITY=128 "$source/tools/bench_model.sh" "$build" "$models/mnist-8.onnx" "$models" 8
