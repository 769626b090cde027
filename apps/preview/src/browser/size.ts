/** How large a picture is, read from its head. */

/** @throws TypeError if it is neither a PNG nor a JPEG */
export function pictureSize(data: Buffer): { width: number; height: number } {
  if (data.readUInt32BE(0) === 0x89504e47)
    return { width: data.readUInt32BE(16), height: data.readUInt32BE(20) };
  if (data.readUInt16BE(0) !== 0xffd8) throw new TypeError("neither a PNG nor a JPEG");
  // Segments, each with its length, up to the one that begins a frame (SOF0 to SOF15, but for three others).
  for (let at = 2; at + 9 < data.length; ) {
    const marker = data[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: data.readUInt16BE(at + 5), width: data.readUInt16BE(at + 7) };
    }
    at += 2 + data.readUInt16BE(at + 2);
  }
  throw new TypeError("a JPEG without a frame");
}
