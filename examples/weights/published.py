"""Published weights, as arrays. (In a folder of its own, as `examples` has folders with the names of packages.)"""
import json

import numpy as np

KINDS = {"F32": np.float32, "F16": np.float16, "I64": np.int64}


def tensors(data):
    """Names and arrays of a safetensors file (8 bytes length, JSON, values); other kinds than these are left out."""
    size = int.from_bytes(data[:8], "little")
    for name, t in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__" and t["dtype"] in KINDS:
            first, end = t["data_offsets"]
            yield name, np.frombuffer(data[8 + size + first : 8 + size + end], KINDS[t["dtype"]]).reshape(t["shape"])
