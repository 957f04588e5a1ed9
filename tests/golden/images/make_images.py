"""Makes the files of this folder with SciPy (1.10.1) and Pillow (9.4.0), to be read by the tests.

make_images.py DIR: writes them into DIR.

  idx3.gz idx1.gz        three images of 4 x 5 and their labels 7 0 9, as gzip packs them
  cifar10.tar.gz         six batches of one image each, as tar packs the binary version
  cifar10_jpeg.tar.xz    three training and two test pictures as JPEG, in folders by class
  cifar10_jpeg.bin       these pictures as Pillow reads them, channel after channel, in the set's order
  cifar10n.pt            six arrays of five labels each, in PyTorch's archive of a pickle, stored
  svhn*.mat              three images of the cropped digits' layout, and the digits 10 1 9: compressed,
                         not compressed, and with the digits as doubles
  resize_*.bin           a 28 x 28 image that Pillow brought to 32 x 32 and to 11 x 20
"""

import gzip
import io
import pathlib
import pickle
import struct
import sys
import tarfile
import zipfile

import numpy as np
from PIL import Image
from scipy.io import savemat

folder = pathlib.Path(sys.argv[1])


def ramp(*shape):
    """Bytes that tell where they stand and still pack well."""
    return (np.arange(np.prod(shape)) % 251).astype(np.uint8).reshape(shape)


grey = ramp(3, 4, 5)
(folder / "idx3.gz").write_bytes(gzip.compress(struct.pack(">IIII", 0x803, 3, 4, 5) + grey.tobytes(), mtime=0))
(folder / "idx1.gz").write_bytes(gzip.compress(struct.pack(">II", 0x801, 3) + bytes([7, 0, 9]), mtime=0))

labels = {name: (np.arange(5) * step + 3) % 10 for step, name in enumerate(
    ["clean_label", "aggre_label", "worse_label", "random_label1", "random_label2", "random_label3"])}
with zipfile.ZipFile(folder / "cifar10n.pt", "w") as archive:  # whose entries are of 1980
    archive.writestr(zipfile.ZipInfo("archive/data.pkl"), pickle.dumps(labels, protocol=2))
    archive.writestr(zipfile.ZipInfo("archive/version"), "3\n")

tar = io.BytesIO()
with tarfile.open(fileobj=tar, mode="w") as archive:
    for i, name in enumerate([f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]):
        batch = bytes([i]) + np.roll(ramp(3072), i).tobytes()
        entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
        entry.size = len(batch)
        archive.addfile(entry, io.BytesIO(batch))
(folder / "cifar10.tar.gz").write_bytes(gzip.compress(tar.getvalue(), mtime=0))

# Of the labels 1 0 1; the order in the archive is another.
paths = ["train/automobile/0000", "train/airplane/0000", "train/automobile/0001", "test/airplane/0000",
         "test/automobile/0000"]
tar, pixels = io.BytesIO(), b""
with tarfile.open(fileobj=tar, mode="w:xz") as archive:
    files = []
    for i, path in enumerate(paths):
        red, green = np.meshgrid(np.arange(32) * (i + 1), np.arange(32) * (9 - i))
        picture = np.stack([red % 256, green % 256, (red + green) % 256], 2).astype(np.uint8)
        jpeg = io.BytesIO()
        Image.fromarray(picture).save(jpeg, "JPEG", quality=75)
        pixels += np.asarray(Image.open(jpeg)).transpose(2, 0, 1).tobytes()
        files.append((f"copy/{path}.jpg", jpeg.getvalue()))
    for name, data in [("copy/README.md", b"a copy\n"), *reversed(files)]:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
(folder / "cifar10_jpeg.tar.xz").write_bytes(tar.getvalue())
(folder / "cifar10_jpeg.bin").write_bytes(pixels)

# x[row, column, channel, image], as loadmat gives the original.
x = ramp(3, 3, 32, 32).transpose(2, 3, 1, 0)
y = np.array([[10], [1], [9]], np.uint8)
for name, digits, packed in [("svhn", y, True), ("svhn_plain", y, False), ("svhn_doubles", y / 1.0, True)]:
    savemat(folder / f"{name}.mat", {"X": x, "y": digits}, do_compression=packed)
    # The first 116 bytes are text with the date in it.
    path = folder / f"{name}.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(116) + path.read_bytes()[116:])

picture = ((np.arange(784) * 97 + (np.arange(784) // 28) ** 2) % 256).astype(np.uint8).reshape(28, 28)
for name, size in [("up", (32, 32)), ("mixed", (20, 11))]:  # width, height
    resized = Image.fromarray(picture).resize(size, Image.BILINEAR)
    (folder / f"resize_{name}.bin").write_bytes(np.asarray(resized).tobytes())
