"""The public values of a proof, once it is verified, as npz.

    python public.py -o FILE [--rename NAME=OTHER] [--tacit tacit] -- OPTIONS OF tacit verify

An output of one proof becomes an input of the next: --rename says under which name.
"""
import argparse
import json
import re
import subprocess
import sys

import numpy as np


def verified(tacit, options):
    told = subprocess.run([tacit, "verify", "--json", *options], capture_output=True, text=True)
    if told.returncode != 0:
        sys.exit(f"public.py: {told.stderr.strip()}")
    return json.loads(told.stdout)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-o", "--output", required=True)
    p.add_argument("--rename", action="append", default=[])
    p.add_argument("--tacit", default="tacit")
    p.add_argument("options", nargs="+")
    a = p.parse_args()
    found, names = verified(a.tacit, a.options), dict(each.split("=") for each in a.rename)
    arrays = {}
    for t in found["tensors"]:
        if t["public"]:
            values = [v["real"] for v in found["values"] if v["tensor"] == t["name"]]
            arrays[names.get(t["name"], t["name"])] = np.reshape(values, tuple(map(int, re.findall(r"\d+", t["shape"]))))
    np.savez(a.output, **arrays)
    print(f"{a.output}: {', '.join(arrays)}")


if __name__ == "__main__":
    main()
