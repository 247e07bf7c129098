"""Makes the small image files in decode/ and decode.bin, what Pillow reads from them: python make_decode.py

decode.bin, little endian, for each file: u32 length of its name, the name, u32 width, u32 height, u32 largest
difference allowed, RGB bytes. Files whose name begins with "bad" are there to be refused and have no entry.
"""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FOLDER = Path(__file__).with_name("decode")
JPEG_TOLERANCE = 2  # releases of libjpeg-turbo may round differently

rng = np.random.default_rng(7)
noise = rng.integers(0, 256, (13, 17, 4), dtype=np.uint8)
rgba = Image.fromarray(noise, "RGBA")
rgb = rgba.convert("RGB")
gray = rgb.convert("L")
y, x = np.mgrid[0:23, 0:37]
smooth = Image.fromarray(np.stack([x * 6, y * 10, 255 - x * 3 - y * 4], axis=2).astype(np.uint8), "RGB")
samples16 = rng.integers(0, 65536, (13, 17, 3), dtype=np.uint16)

entries = []


def expect(name, pixels=None, tolerance=0):
    """Records `pixels`, or what Pillow reads from the file."""
    if pixels is None:
        pixels = np.array(ImageOps.exif_transpose(Image.open(FOLDER / name)).convert("RGB"))
    height, width, _ = pixels.shape
    text = name.encode()
    entries.append(struct.pack("<I", len(text)) + text + struct.pack("<III", width, height, tolerance)
                   + pixels.astype(np.uint8).tobytes())


def save(name, image, tolerance=0, **options):
    image.save(FOLDER / name, **options)
    expect(name, tolerance=tolerance)


def exif(orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    return block


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png16(rows, colour_type):
    """A 16-bit PNG written by hand: Pillow has no 16-bit RGB."""
    height, width = rows.shape[:2]
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def interlaced_png(pixels):
    """Adam7, written by hand: Pillow only reads it."""
    height, width, _ = pixels.shape
    lines = b""
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        for row in pixels[y0::dy, x0::dx]:
            if row.size:
                lines += b"\0" + row.tobytes()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1))
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def write(name, data):
    (FOLDER / name).write_bytes(data)


def bytes_of(name):
    return (FOLDER / name).read_bytes()


FOLDER.mkdir(exist_ok=True)
for old in FOLDER.iterdir():
    old.unlink()

for o in range(1, 9):
    save(f"orientation{o}.jpg", smooth, JPEG_TOLERANCE, quality=90, subsampling=0, exif=exif(o))
    save(f"orientation{o}.png", rgb, exif=exif(o))
    save(f"orientation{o}.webp", rgb, lossless=True, exif=exif(o))
    save(f"orientation{o}.tif", rgb, compression="tiff_lzw", tiffinfo={274: o})

save("gray.jpg", smooth.convert("L"), JPEG_TOLERANCE)
save("subsampled.jpg", smooth, JPEG_TOLERANCE, quality=80, subsampling=2)
save("progressive.jpg", smooth, JPEG_TOLERANCE, progressive=True)
save("cmyk.jpg", smooth.convert("CMYK"), JPEG_TOLERANCE)
save("one.jpg", Image.new("RGB", (1, 1), (200, 10, 30)), JPEG_TOLERANCE)
whole = bytes_of("subsampled.jpg")
write("no-end-marker.jpg", whole[:-2])
expect("no-end-marker.jpg", np.array(Image.open(BytesIO(whole))), JPEG_TOLERANCE)
write("stray-bytes.jpg", whole[:-2] + b"\x12\x34\x56" + whole[-2:])
expect("stray-bytes.jpg", np.array(Image.open(BytesIO(whole))), JPEG_TOLERANCE)

palette = rgb.quantize(11)
save("rgb.png", rgb)
save("rgba.png", rgba)
save("gray.png", gray)
save("gray-alpha.png", rgba.convert("LA"))
save("palette.png", palette)
save("palette-transparent.png", palette, transparency=3)
save("rgb-transparent.png", rgb, transparency=tuple(int(v) for v in noise[2, 3, :3]))
save("bilevel.png", rgb.convert("1"))
save("one.png", Image.new("RGB", (1, 1), (1, 2, 3)))
write("interlaced.png", interlaced_png(noise[..., :3]))
expect("interlaced.png")
write("rgb16.png", png16(samples16, 2))
expect("rgb16.png")
write("gray16.png", png16(samples16[..., 0], 0))
expect("gray16.png", np.repeat(samples16[..., :1] >> 8, 3, axis=2))  # Pillow would clamp instead of scaling
wide = Image.fromarray(np.repeat(np.arange(20000)[None] % 251, 10, axis=0).astype(np.uint8))
wide.save(FOLDER / "wide.png")

save("lossy.webp", smooth, 1, quality=80)
save("rgba.webp", rgba, lossless=True, exact=True)
save("rgba.tif", rgba, compression="tiff_adobe_deflate")
save("palette.tif", palette)
save("cmyk.tif", rgb.convert("CMYK"))
Image.fromarray(samples16[..., 0]).save(FOLDER / "gray16.tif", tiffinfo={274: 6})
expect("gray16.tif", np.rot90(np.repeat(samples16[..., :1] >> 8, 3, axis=2), -1))
save("rgb.bmp", rgb)
save("palette.bmp", palette)
save("bilevel.bmp", rgb.convert("1"))
save("rgb.ppm", rgb)
save("gray.pgm", gray)
save("lossless.jp2", rgb)

write("bad-empty.jpg", b"")
write("bad-text.jpg", b"This is no picture at all, whatever its name says.\n")
for name in ["subsampled.jpg", "progressive.jpg", "rgb.png", "interlaced.png", "orientation1.webp", "orientation1.tif",
             "rgba.tif", "rgb.bmp", "rgb.ppm", "lossless.jp2"]:
    data = bytes_of(name)
    write("bad-cut-" + name, data[:len(data) * 7 // 10])
rgb.save(FOLDER / "bad-format.gif")
write("bad-format.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
Image.fromarray(noise[..., 0].astype(np.float32)).save(FOLDER / "bad-float.tif")
rgb.save(FOLDER / "bad-animated.webp", save_all=True, append_images=[gray.convert("RGB")], duration=100)
header = bytearray(bytes_of("rgb.png"))
header[16:24] = struct.pack(">II", 20000, 20000)
header[29:33] = struct.pack(">I", zlib.crc32(bytes(header[12:29])))
write("bad-absurd.png", bytes(header))
header[16:24] = struct.pack(">II", 0x7FFFFFFF, 0x7FFFFFFF)
header[29:33] = struct.pack(">I", zlib.crc32(bytes(header[12:29])))
write("bad-too-large.png", bytes(header))
header = bytearray(whole)
frame = header.index(b"\xff\xc0")
header[frame + 5:frame + 9] = struct.pack(">HH", 22000, 23000)
write("bad-absurd.jpg", bytes(header))
header = bytearray(bytes_of("rgb.bmp"))
header[18:26] = struct.pack("<ii", 20000, 20000)
write("bad-absurd.bmp", bytes(header))
header = bytearray(bytes_of("rgb.ppm"))
write("bad-absurd.ppm", b"P6 22000 22000 255\n" + bytes(header[-100:]))

Path(__file__).with_name("decode.bin").write_bytes(b"".join(entries))
