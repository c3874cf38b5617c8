#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PNG files of each kind, written by the format's description with zlib alone, and the pixels that they were
written from, for tests/unit/picture.c. usage: pictures.py FOLDER (tests/data/pictures)"""
import os
import struct
import sys
import zlib

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]  # Adam7


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(values, depth):
    """A row's values, of 1 to 16 bits, behind the byte that says no filter."""
    bits = "".join(format(v, "0%db" % depth) for v in values)
    bits += "0" * (-len(bits) % 8)
    return b"\0" + bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def png(rows, depth, kind, palette=None, interlaced=False):
    """rows: of pixels, which are tuples of values."""
    height, width = len(rows), len(rows[0])
    flat = lambda pixels: [v for pixel in pixels for v in pixel]
    if interlaced:
        data = b"".join(packed(flat(row[x::dx]), depth) for x, y, dx, dy in PASSES if row_has(width, x) for row in rows[y::dy])
    else:
        data = b"".join(packed(flat(row), depth) for row in rows)
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + (chunk(b"PLTE", bytes(flat(palette))) if palette else b"")
            + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))


def row_has(width, x):
    return width > x


def values(width, height, channels, most):
    """Anything, the same each time."""
    return [[tuple((7 + 31 * x + 57 * y + 101 * c + x * y) % (most + 1) for c in range(channels)) for x in range(width)]
            for y in range(height)]


def main(folder):
    palette = [(255, 0, 0), (0, 255, 0), (10, 20, 30), (255, 255, 255)]
    files = [("grey1", 1, GREY, None, False), ("grey8", 8, GREY, None, False), ("grey16", 16, GREY, None, False),
             ("rgb8", 8, RGB, None, False), ("palette2", 2, PALETTE, palette, False), ("rgba8", 8, RGBA, None, False),
             ("interlaced", 8, RGB, None, True)]
    for name, depth, kind, colours, interlaced in files:
        rows = values(9, 5, CHANNELS[kind], 2**depth - 1)
        if depth == 16:
            rows = [[(257 * (v % 256),) for (v,) in row] for row in rows]  # which 8 bits can say
        with open(os.path.join(folder, name + ".png"), "wb") as f:
            f.write(png(rows, depth, kind, colours, interlaced))
        shown = [[colours[p[0]] if colours else p for p in row] for row in rows]
        channels, most = (3, 255) if colours else (1 if kind == GREY else 3, 2**depth - 1)
        with open(os.path.join(folder, name + ".txt"), "w") as f:
            f.write("%d %d\n" % (channels, most))
            for c in range(channels):
                for row in shown:
                    f.write(" ".join(str(p[c]) for p in row) + "\n")


main(sys.argv[1])
