"""Integer against float embeddings of all texts: cosines, and the nearest neighbours of each.

    python compare.py TACIT FOLDER m.tacit
"""
import argparse
import pathlib
import subprocess

import numpy as np


def nearest(e):
    """Of each row the others, the nearest first."""
    return np.argsort(2 * np.eye(len(e)) - e @ e.T, axis=1, kind="stable")


def describe_changes(want, got, count):
    """Where the order of the nearest changes: the cosines, in the float model, of the texts that changed places."""
    for i, (w, g) in enumerate(zip(nearest(want)[:, :count], nearest(got)[:, :count])):
        if (w != g).any():
            print(f"text {i}: {w} became {g}; cosines {np.round(want[i] @ want[w].T, 5)}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("tacit")
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("model")
    a = p.parse_args()
    want, output = np.load(a.folder / "embeddings.npy"), a.folder / "integer.npy"
    subprocess.run([a.tacit, "run", a.model, "--input", a.folder / "all.npz", "-o", output], check=True, stdout=subprocess.DEVNULL)
    got = np.load(output)
    cosine = (want * got).sum(1) / np.linalg.norm(want, axis=1) / np.linalg.norm(got, axis=1)
    same = nearest(want)[:, :5] == nearest(got)[:, :5]
    print(f"{len(want)} texts: cosine at least {cosine.min():.6f}, mean {cosine.mean():.6f}; largest difference of two "
          f"texts' cosine {np.abs(want @ want.T - got @ got.T).max():.5f}")
    print(f"nearest neighbour the same for {same[:, 0].sum()}, the five nearest in the same order for {same.all(1).sum()}")
    describe_changes(want, got, 5)


if __name__ == "__main__":
    main()
