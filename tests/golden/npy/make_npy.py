"""Makes the files of this folder with NumPy (1.24.2, Debian's python3-numpy), to be read by the tests.

make_npy.py DIR: writes them into DIR. surplus.npy alone was written by surplus (write_npy of the
matrix of f8.npy); the script ends by checking that NumPy reads that one too.
"""

import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
quarters = np.arange(12).reshape(3, 4) / 4 - 1
cube = np.arange(24).reshape(2, 3, 4) - 5
arrays = {
    "f8": quarters,
    "f4": quarters.astype("<f4"),
    "f8_columns": np.asfortranarray(quarters),
    "f8_big_endian": quarters.astype(">f8"),
    "i1": cube.astype("i1"),
    "i2_big_endian_columns": np.asfortranarray(cube.astype(">i2")),
    "i8": cube.astype("<i8"),
    "u8": np.array([0, 2**53, 2**63], "<u8"),
    "b1": np.array([True, False]),
    "scalar": np.array(2.5),
    "no_rows": np.zeros((0, 3)),
    "i8_inexact": np.array([1, 2**53 + 1], "<i8"),
    "complex": np.zeros(2, "c16"),
    "text": np.array(["a", "b"]),
    "records": np.zeros(2, [("a", "f8"), ("b", "i4")]),
}
for name, array in arrays.items():
    np.save(folder / f"{name}.npy", array)
for version in (2, 3):
    with open(folder / f"version{version}.npy", "wb") as out:
        np.lib.format.write_array(out, quarters, version=(version, 0))
np.savez(folder / "stored.npz", x=quarters, y=np.arange(3))
np.savez_compressed(folder / "deflated.npz", x=quarters, y=np.arange(3))

assert (np.load(folder / "surplus.npy") == quarters).all()
