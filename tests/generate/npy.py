#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/npy: arrays as numpy.save and numpy.savez write them.

Each file's array holds 0, 1, 2, … in its shape, the name says the rest: dtype, byte order, order of elements.
"""
import os
import sys

import numpy

out = sys.argv[1]
for descr in ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "|i1", "<i2", "<i4", "<i8", ">i4", ">i8", "|u1", "<u2", "<u4", ">u2"):
    array = numpy.arange(6).reshape(2, 3).astype(descr)
    numpy.save(os.path.join(out, descr.replace("<", "little-").replace(">", "big-").replace("|", "") + ".npy"), array)
numpy.save(os.path.join(out, "b1.npy"), numpy.array([[False, True]]))
numpy.save(os.path.join(out, "fortran.npy"), numpy.asfortranarray(numpy.arange(24.0).reshape(2, 3, 4)))
numpy.save(os.path.join(out, "scalar.npy"), numpy.float64(7))
numpy.save(os.path.join(out, "empty.npy"), numpy.zeros((3, 0, 2), "<f4"))
for version in ((2, 0), (3, 0)):
    with open(os.path.join(out, f"version-{version[0]}.npy"), "wb") as f:
        numpy.lib.format.write_array(f, numpy.arange(3.0), version)
for name, array in (("complex", numpy.zeros(2, "<c8")), ("unsigned", numpy.zeros(2, "<u8")), ("text", numpy.array(["a"])),
                    ("record", numpy.zeros(2, [("a", "<f4"), ("b", "<i4")])), ("deep", numpy.zeros((1,) * 9))):
    numpy.save(os.path.join(out, "refused-" + name + ".npy"), array)
arrays = {"weight": numpy.arange(6.0).reshape(2, 3), "steps": numpy.arange(4), "zeros": numpy.zeros((50, 20), "<f4")}
numpy.savez(os.path.join(out, "stored.npz"), **arrays)
numpy.savez_compressed(os.path.join(out, "deflated.npz"), **arrays)
