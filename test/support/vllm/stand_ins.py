"""stand_ins.py TORCH_LIB_DIR: for every NVIDIA library that torch's own libraries need and that is not there, builds one of the same
name with the same symbols that do nothing. A function among them answers 100, which to CUDA means "no device"."""
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

# A symbol's version is the library's name, or nothing, or a name of the library's own: then its first letters say whose it is, and the
# longer prefix decides.
OWNERS = {
    "cublasLt": "libcublasLt.so.13", "cublas": "libcublas.so.13", "cudnn": "libcudnn.so.9", "cufft": "libcufft.so.12",
    "curand": "libcurand.so.10", "cusolver": "libcusolver.so.12", "cusparseLt": "libcusparseLt.so.0", "cusparse": "libcusparse.so.12",
    "cupti": "libcupti.so.13", "cuFile": "libcufile.so.0", "nvrtc": "libnvrtc.so.13", "nccl": "libnccl.so.2", "pnccl": "libnccl.so.2",
    "nvshmem": "libnvshmem_host.so.3", "cuda": "libcudart.so.13",
}
LIBRARIES = set(OWNERS.values())


def readelf(option, path):
    return subprocess.run(["readelf", option, "-W", path], capture_output=True, text=True, check=True).stdout.splitlines()


def needed(path):
    """Names of the libraries that a library is linked with."""
    return {line.split("[")[1].split("]")[0] for line in readelf("-d", path) if "(NEEDED)" in line}


def undefined(path):
    """(name, version, kind) of what a library expects from others."""
    for line in readelf("--dyn-syms", path):
        fields = line.split()
        if len(fields) > 7 and fields[6] == "UND":
            name, _, version = fields[7].partition("@")
            yield name, version.lstrip("@"), fields[3]


def owner(name, version):
    if version in LIBRARIES:
        return version
    if version.startswith(("GLIBC", "CXXABI", "GCC", "GOMP")):
        return None
    bare = name.lstrip("_")
    prefixes = [prefix for prefix in OWNERS if bare.startswith(prefix)]
    return OWNERS[max(prefixes, key=len)] if prefixes else None


def build(target, symbols):
    kinds = {}
    for name, _, kind in symbols:
        kinds[name] = "object" if kind == "OBJECT" else kinds.get(name, "function")
    code = [f"char {n}[4096];" if kind == "object" else f"int {n}(void) {{ return 100; }}" for n, kind in sorted(kinds.items())]
    versions = sorted({version for _, version, _ in symbols if version})
    with TemporaryDirectory() as folder:
        source, script = Path(folder, "stand_in.c"), Path(folder, "versions")
        source.write_text("\n".join(code) + "\ntypedef int nothing;\n")
        script.write_text("".join(f"{version} {{ global: *; }};\n" for version in versions))
        named = [f"-Wl,--version-script={script}"] if versions else []
        command = ["gcc", "-shared", "-fPIC", "-w", f"-Wl,-soname,{target.name}", *named, "-o", target, source]
        subprocess.run(command, check=True)


folder = Path(sys.argv[1])
wanted, symbols = set(), defaultdict(set)
for library in sorted(folder.glob("*.so")):
    if library.name in LIBRARIES:
        continue
    wanted |= needed(library) & LIBRARIES
    for name, version, kind in undefined(library):
        if (name_of := owner(name, version)) is not None:
            symbols[name_of].add((name, version, kind))
for name in sorted(wanted):
    if not (folder / name).exists():
        build(folder / name, symbols[name])
