"""Pictures by zlib alone."""

import struct
import zlib


def write_png(path, image):
    """8-bit grey [h, w], colour [h, w, 3] or with transparency [h, w, 4]."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    height, width = image.shape[:2]
    colour = {2: 0, 3: 2, 4: 6}[image.shape[2] if image.ndim == 3 else 2]
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    rows = b"".join(b"\0" + image[y].tobytes() for y in range(height))
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
