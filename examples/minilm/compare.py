"""Integer against float embeddings of the sentences: cosines, and the nearest neighbour of each.

    python compare.py TACIT FOLDER m.tacit [--first N]
"""
import argparse
import pathlib
import subprocess
import tempfile

import numpy as np


def main():
    p = argparse.ArgumentParser()
    p.add_argument("tacit")
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("model")
    p.add_argument("--first", type=int, default=60)
    a = p.parse_args()
    want = np.load(a.folder / "embeddings.npy")[: a.first]
    parts = [np.load(a.folder / f"{name}.npz") for name in ("calibrate", "test")]
    got = np.zeros_like(want)
    with tempfile.TemporaryDirectory() as temporary:
        for i in range(len(want)):
            given = {k: parts[i % 2][k][i // 2][None] for k in ("ids", "mask")}
            np.savez(f"{temporary}/x.npz", **given)
            subprocess.run([a.tacit, "run", a.model, "--input", f"{temporary}/x.npz", "-o", f"{temporary}/y.npy"], check=True,
                           capture_output=True)
            got[i] = np.load(f"{temporary}/y.npy").ravel()
    cosine = (want * got).sum(1) / np.linalg.norm(want, axis=1) / np.linalg.norm(got, axis=1)
    order = lambda e: np.argsort(-(e @ e.T - 2 * np.eye(len(e))), axis=1)
    same, all_same = order(want)[:, 0] == order(got)[:, 0], (order(want)[:, :5] == order(got)[:, :5]).all(1)
    near = order(want)[:, 0] == np.arange(len(want)) ^ 1
    print(f"{len(want)} sentences: cosine at least {cosine.min():.6f}, mean {cosine.mean():.6f}; largest difference of two "
          f"sentences' cosine {np.abs(want @ want.T - got @ got.T).max():.5f}")
    print(f"nearest neighbour the same for {same.sum()}, the five nearest in the same order for {all_same.sum()}; "
          f"the paraphrase is the nearest (float model) for {near.sum()}")


if __name__ == "__main__":
    main()
