"""The inputs of the conformance models, as the command reads them: shared by expect.py and run.py.

Most folders hold an input.json that is used as it is. The others:
"""
import json
import os

# Lists of an input.json that holds more than the model has inputs (the exporter dropped those that nothing used).
LISTS = {"bitwise_ops": [2, 3]}
# Folders without an input.json: how many numbers; number i is ((i * 7919) % 256) / 255.
GENERATED = {"doodles": 64 * 64}


def lists(folder, name):
    """One list of numbers an input."""
    if name in GENERATED:
        return [[(i * 7919) % 256 / 255 for i in range(GENERATED[name])]]
    with open(os.path.join(folder, name, "input.json")) as file:
        data = json.load(file)["input_data"]
    if data == [[None]]:  # a model without inputs
        return []
    return [data[i] for i in LISTS.get(name, range(len(data)))]


def file(folder, name, scratch):
    """The file for --calibrate and --input."""
    if name not in LISTS and name not in GENERATED:
        return os.path.join(folder, name, "input.json")
    path = os.path.join(scratch, "input.json")
    with open(path, "w") as out:
        json.dump({"input_data": lists(folder, name)}, out)
    return path
