"""NumPy and the safetensors package on the other side of a test.

usage: peer.py check DIRECTORY     compares every file there with what its name promises
       peer.py write DIRECTORY     writes such files, and some that are to be refused

A tensor's name begins with TYPE-SHAPE, such as float16-2x3 (float16-scalar has no dimension). Element i holds
i % 3 == 0 as a bool, 37 * i + 5 without the upper bits as an integer, i / 4 - 3 as a floating-point number; a
complex number has i + 1 as its imaginary part.
"""

import io
import math
import pathlib
import sys

import ml_dtypes
import numpy as np
import safetensors
import safetensors.numpy

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
COMPLEX = ["complex64", "complex128"]
TYPES = ["bool", *INTEGERS, "float16", "float32", "float64", *COMPLEX]
# The format has no type of two doubles.
SAFETENSORS_TYPES = [dtype for dtype in TYPES if dtype != "complex128"]
SHAPES = [(), (0,), (1,), (7,), (2, 3), (3, 4, 5), (2, 0, 3)]
# What JSON, ZIP and Python's own readers treat in ways of their own.
SUFFIXES = ["", " größe 層 😀", ' "quoted" \\ back', " tab\t"]


def name_of(dtype, shape):
    return f"{dtype}-{'x'.join(map(str, shape)) or 'scalar'}"


def array(dtype, shape):
    count = math.prod(shape)
    if dtype == "bool":
        values = np.array([i % 3 == 0 for i in range(count)], dtype=bool)
    elif dtype in INTEGERS:
        bits = np.dtype(dtype).itemsize * 8
        values = np.array([(37 * i + 5) % (1 << bits) for i in range(count)], dtype=f"uint{bits}").view(dtype)
    else:
        values = np.array([i / 4 - 3 for i in range(count)], dtype=np.float64)
        if dtype in COMPLEX:
            values = values + 1j * np.arange(1, count + 1)
        values = values.astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    return values.reshape(shape)


def promised(name):
    dtype, _, shape = name.split(" ")[0].partition("-")
    return array(dtype, () if shape == "scalar" else tuple(map(int, shape.split("x"))))


def compare(name, found):
    expected = promised(name)
    assert found.dtype == expected.dtype, (name, found.dtype)
    assert found.shape == expected.shape, (name, found.shape)
    assert found.flags.c_contiguous, name
    assert np.array_equal(found, expected), (name, found)


def load_safetensors(file):
    whole = file.read_bytes()
    flat = safetensors.deserialize(whole)
    tensors = {
        name: np.frombuffer(view["data"], dtype=ml_dtypes.bfloat16).reshape(view["shape"])
        for name, view in flat
        if view["dtype"] == "BF16"
    }
    if not tensors:
        return safetensors.numpy.load_file(file)
    # safetensors.numpy knows no bfloat16; the package itself does.
    with safetensors.safe_open(file, framework="np") as opened:
        for name in set(opened.keys()) - set(tensors):
            tensors[name] = opened.get_tensor(name)
    return tensors


def check(directory):
    count = 0
    for file in sorted(directory.iterdir()):
        if file.suffix == ".npy":
            tensors = {file.stem: np.load(file, allow_pickle=False)}
        elif file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as archive:
                assert archive.zip.testzip() is None, file
                tensors = dict(archive)
        else:
            tensors = load_safetensors(file)
        for name, found in tensors.items():
            compare(name, found)
        count += len(tensors)
    print(f"tensors={count}")


class Unseekable(io.RawIOBase):
    """As a pipe is: ZIP entries get their sizes behind them."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def state(dtypes):
    return {
        name_of(dtype, shape) + SUFFIXES[(i + j) % len(SUFFIXES)]: array(dtype, shape)
        for i, dtype in enumerate(dtypes)
        for j, shape in enumerate(SHAPES)
    }


def write(directory):
    every = state(TYPES)
    for dtype in TYPES:
        for shape in SHAPES:
            np.save(directory / f"{name_of(dtype, shape)}.npy", array(dtype, shape))
    for version in [(2, 0), (3, 0)]:
        with open(directory / f"int32-2x3 version {version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, array("int32", (2, 3)), version=version)
    np.savez(directory / "every.npz", **every)
    with open(directory / "piped.npz", "wb") as file:
        np.savez(Unseekable(file), **every)
    np.savez(directory / "none.npz")

    safetensors.numpy.save_file(state(SAFETENSORS_TYPES), directory / "every.safetensors", metadata={"größe": 'a "b"'})
    safetensors.numpy.save_file(
        {name_of("bfloat16", shape): array("bfloat16", shape) for shape in SHAPES},
        directory / "bfloat16.safetensors",
    )
    safetensors.numpy.save_file({}, directory / "none.safetensors")

    refused = directory / "refused"
    refused.mkdir()
    np.save(refused / "fortran order.npy", np.asfortranarray(array("int32", (2, 3))))
    np.save(refused / "big-endian.npy", array("int32", (2, 3)).astype(">i4"))
    np.save(refused / "long double.npy", np.zeros(3, dtype=np.longdouble))
    np.save(refused / "text.npy", np.array(["a", "b"]))
    np.save(refused / "date.npy", np.zeros(3, dtype="datetime64[s]"))
    np.save(refused / "structured.npy", np.zeros(3, dtype=[("x", "<i4"), ("y", "<f4")]))
    np.save(refused / "objects.npy", np.array([{}, None]), allow_pickle=True)
    np.save(refused / "bfloat16.npy", array("bfloat16", (2, 3)))
    np.savez_compressed(refused / "compressed.npz", **every)
    np.savez(refused / "fortran order.npz", a=np.asfortranarray(array("int32", (2, 3))))
    print(f"tensors={len(every)}")


if __name__ == "__main__":
    roles = {"check": check, "write": write}
    if len(sys.argv) != 3 or sys.argv[1] not in roles:
        sys.exit(__doc__)
    roles[sys.argv[1]](pathlib.Path(sys.argv[2]))
