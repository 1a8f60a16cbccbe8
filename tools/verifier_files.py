"""The verifier's files, for the tools that read them: src/verifier.list and the headers that those include."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent


def closure():
    """Names from ROOT, each once, in the order in which they are found; headers of src/ and of include/."""
    todo, done = (ROOT / "src/verifier.list").read_text().split(), []
    while todo:
        name = todo.pop(0)
        if name in done:
            continue
        done.append(name)
        for inner in re.findall(r'^\s*#\s*include\s+"([^"]+)"', (ROOT / name).read_text(), re.M):
            todo += [f"{base}/{inner}" for base in ("src", "include") if (ROOT / base / inner).exists()]
    return done


def closure_of_src():
    return [name for name in closure() if name.startswith("src/")]
