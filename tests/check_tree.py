"""Holds the tree to its rules: who includes whom, and that nothing stands without its companions.

check_tree.py ROOT: prints each breach as `path:line: rule`, and exits 1 if there is one.
The table below is the architecture (README.md, "The tree"); a folder that is not in it breaks it.
"""

import pathlib
import re
import sys

TOP_LEVEL = {"README.md", "LICENSE", "meson.build", "meson_options.txt", "kernels", "lib", "apps",
             "tests", "bench"}

# Our own layers below lib/surplus, bottom up, and what each may include of ours besides itself.
BASE = ["core", "linalg", "data", "features", "autodiff", "nn", "optim", "train"]
LAYERS = {
    "core": [],
    "linalg": ["core"],
    "data": ["core"],
    "features": ["core", "linalg"],
    "autodiff": ["core", "linalg"],
    "nn": ["core", "linalg", "autodiff"],
    "optim": ["core", "linalg", "autodiff"],
    "train": BASE[:-1],
    **{method: BASE for method in ("mixture", "metric", "linear", "noise", "sequence", "sparse",
                                   "theory")},
}
# Layers whose sources (never their headers, which are installed) may call kernels.
# core: the random generator and the name of the SIMD target.
CALLS_KERNELS = {"core/rng.cc", "core/simd.cc"} | {
    layer + "/" for layer in LAYERS if layer not in ("core", "data", "nn", "train")}
# Kernels that are made of another one.
BUILT_ON = {"kernels/conv2d.cc": "kernels/gemm.h", "kernels/syrk.cc": "kernels/gemm.h"}
# Which sources may include which third-party headers; all others, the standard library alone.
THIRD_PARTY = {
    r"^hwy/": r"^kernels/[^/]*(\.cc|-inl\.h)$",
    r"^(cblas|lapacke|lapack)\b": r"^kernels/blas\.cc$|^bench/",
    r"^(oneapi/|tbb/)": r"^lib/surplus/core/arena\.cc$",
    r"^Random123/": r"^tests/",
    r"^nlohmann/": r"^lib/.*\.cc$|^apps/|^tests/",
    r"^(fmt/|CLI/|curl/|openssl/)": r"^apps/|^tests/apps/",
    r"^(archive|zlib|archive_entry|jpeglib)\.h": r"^lib/surplus/data/.*\.cc$|^apps/|^tests/",
    r"^boost/test/": r"^tests/",
    r"^(benchmark/|Eigen/|oneapi/dnnl|dnnl)": r"^bench/",
}
POSIX = r"^(unistd|fcntl|poll|signal|sys/[a-z]+)\.h$"  # atomic files, pipes, terminals, signals
POSIX_IN = r"^lib/surplus/(core|data)/.*\.cc$|^apps/|^tests/|^bench/"
HEADER_LINES, SOURCE_LINES = 250, 500


def files(root, *folders):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cc"):
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def allowed(path, target):
    """None if `path` may include `target`, else the rule it breaks."""
    for pattern, where in THIRD_PARTY.items():
        if re.search(pattern, target):
            return None if re.search(where, path) else f"may not include {target}"
    if re.search(POSIX, target):
        return None if re.search(POSIX_IN, path) else f"may not include {target}"
    top = path.split("/")[0]
    if top == "kernels":
        if path.startswith("kernels/reference/"):
            ok = "/" not in target or target.startswith("kernels/reference/")
            return None if ok else "a reference includes the standard library alone"
        if path.endswith(".h") and not path.endswith("-inl.h"):
            return None if target in ("cstddef", "cstdint") else "a kernel's header includes <cstddef> and <cstdint> alone"
        own = path.replace(".cc", ".h")
        ok = target in (own, BUILT_ON.get(path)) or re.match(r"kernels/[a-z_0-9]+-inl\.h$", target) or "/" not in target
        return None if ok and target != "iostream" else f"a kernel may not include {target}"
    if top == "lib":
        layer = path.split("/")[2]
        if layer not in LAYERS:
            return f"{layer} is no layer of lib/surplus"
        inside = path.removeprefix("lib/surplus/")
        if target.startswith("kernels/"):
            ok = path.endswith(".cc") and any(inside.startswith(place) for place in CALLS_KERNELS)
            return None if ok and "/reference/" not in target else f"may not include {target}"
        if target.startswith("surplus/"):
            ok = target.split("/")[1] in [layer, *LAYERS[layer]]
            return None if ok else f"{layer} may not include {target}"
        return None if "/" not in target else f"may not include {target}"
    if top == "apps":
        if path.startswith("apps/studies/") and target.startswith("apps/studies/"):
            shared = target in ("apps/studies/study.h", "apps/studies/registry.h")
            own = study_of(path) == study_of(target)
            if not (own or shared or path == "apps/studies/registry.cc"):
                return "studies never include each other"
        return None if not target.startswith("kernels/") else "apps may not include kernels"
    return None


def study_of(path):
    """apps/studies/name.cc and all of the folder apps/studies/name/ belong to the study `name`."""
    return re.sub(r"\.(h|cc)$", "", path.split("/")[2])


def check_includes(root):
    for path, text in files(root, "kernels", "lib", "apps", "tests", "bench"):
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            breach = allowed(path, match[1]) if match else None
            if breach:
                yield f"{path}:{number}: {breach}"
            if not line.isascii():
                yield f"{path}:{number}: sources are ASCII"


def check_lengths(root):
    for path, text in files(root, "kernels", "lib", "apps", "tests", "bench"):
        # Near the limit is a sign to split; a fifth beyond it is not near.
        limit = 1.2 * (HEADER_LINES if path.endswith(".h") else SOURCE_LINES)
        if text.count("\n") > limit and not path.startswith("tests/golden/"):
            yield f"{path}: {text.count(chr(10))} lines; split it by kind of knowledge"


def check_companions(root):
    for path in sorted((root / "kernels").glob("*.h")):
        name = path.stem
        if name.endswith("-inl") or name == "targets":
            continue
        for companion in (f"kernels/{name}.cc", f"kernels/reference/{name}.h",
                          f"tests/kernels/test_{name}.cc", f"bench/kernels/bench_{name}.cc"):
            if not (root / companion).exists():
                yield f"kernels/{name}.h: lacks {companion}"
    ops = root / "lib/surplus/autodiff/ops"
    table = root / "tests/lib/autodiff/op_table.cc"
    rows = table.read_text(encoding="utf-8") if table.exists() else ""
    for path in sorted(ops.glob("*.h")) if ops.exists() else []:
        # A row is named after its function; what varies follows in brackets.
        for name in sorted(set(re.findall(r"^Var<T> (\w+)\(", path.read_text(encoding="utf-8"), re.M))):
            if not re.search(rf'"{name}(?: \([^"]*\))?"', rows):
                yield f"{path.relative_to(root)}: {name} has no row in {table.relative_to(root)}"
    registry = root / "apps/studies/registry.cc"
    text = registry.read_text(encoding="utf-8") if registry.exists() else ""
    for path in sorted((root / "apps/studies").glob("*.h")):
        if path.stem not in ("study", "registry") and f'"apps/studies/{path.name}"' not in text:
            yield f"{path.relative_to(root)}: is missing from {registry.relative_to(root)}"


def check_build_lists(root):
    """Sources (and the library's headers, which are installed) that no meson.build names."""
    for top in ("kernels", "lib", "apps", "tests", "bench"):
        lists = "".join(path.read_text(encoding="utf-8")
                        for path in sorted((root / top).rglob("meson.build")))
        for path, _ in files(root, top):
            name = path.split("/")[-1]
            if (path.endswith(".cc") or top == "lib") and not re.search(rf"[/']{re.escape(name)}'", lists):
                yield f"{path}: is in no meson.build"


def check_top_level(root):
    for path in sorted(root.iterdir()):
        if not (path.name.startswith(".") or path.name in TOP_LEVEL
                or path.name.startswith("build") or path.name in ("surplus-out", "subprojects")):
            yield f"{path.name}: does not belong at the top level"


def check_guards(root):
    for path, text in files(root, "kernels", "lib", "apps", "tests", "bench"):
        if path.endswith("-inl.h") or not path.endswith(".h"):
            continue
        inside = path.removeprefix("lib/") if path.startswith("lib/") else "surplus/" + path
        guard = re.sub(r"[/.\-]", "_", inside).upper() + "_"
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            yield f"{path}: the include guard is {guard}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    checks = (check_top_level, check_includes, check_companions, check_build_lists,
              check_lengths, check_guards)
    breaches = [breach for check in checks for breach in check(root)]
    print("\n".join(breaches) if breaches else "the tree keeps its rules")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
