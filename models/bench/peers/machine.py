"""What a comparison runs on: processor, versions, and instructions that are hidden from the programs."""

import os
import platform
from importlib import metadata

PACKAGES = ("torch", "openvino", "onnxruntime")

# What each library reads to use no more than these instructions: oneDNN in PyTorch and OpenVINO, PyTorch itself, MKL.
# ONNX Runtime reads nothing of the kind. Without AVX512-BF16 and AMX, bfloat16 is emulated, or is refused.
HIDDEN = {
    "native": {},
    "avx512": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE", "ATEN_CPU_CAPABILITY": "avx512", "MKL_ENABLE_INSTRUCTIONS": "AVX512"},
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
}
# Some machines make OpenBLAS older than it is; telemetry has no place in a measurement.
DROPPED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def environment(isa, threads):
    """The variables of a program that is measured."""
    kept = {name: value for name, value in os.environ.items() if name not in DROPPED}
    return kept | HIDDEN[isa] | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}


def processor():
    """The processor's name and the widest of its instructions."""
    with open("/proc/cpuinfo") as f:
        fields = [line.partition(":") for line in f if ":" in line]
    name = next(value.strip() for key, _, value in fields if key.strip() == "model name")
    flags = set(next(value for key, _, value in fields if key.strip() == "flags").split())
    wide = [label for flag, label in (("avx2", "AVX2"), ("avx512f", "AVX-512"), ("avx512_bf16", "AVX512-BF16"), ("amx_bf16", "AMX")) if flag in flags]
    return f"{name}, {', '.join(wide)}"


def memory(key="MemTotal"):
    """A line of the kernel's account of memory, in bytes."""
    with open("/proc/meminfo") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith(key + ":"))


def describe(doctor, isa, threads):
    """The facts of a comparison. doctor is what `padapter doctor` reports."""
    return {
        "processor": processor(), "instructions": isa, "threads": threads, "memory_bytes": memory(),
        "system": f"{platform.system()} {platform.release()}", "load": os.getloadavg()[0],
        "padapter": doctor["version"], "engines": {b["engine"]: b.get("version") or b["why"] for b in doctor["backends"]},
        "python": platform.python_version(), "packages": {name: metadata.version(name) for name in PACKAGES},
    }
