// The parts of a PNG file (PNG specification, third edition) that a PDF takes over as they are.

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** `{width, height, depth, colour, channels, interlaced, palette, data, dpi}` of a PNG; data is the zlib stream in parts. */
export function readPng(bytes) {
  if (SIGNATURE.some((byte, k) => bytes[k] !== byte)) throw new TypeError("This is no PNG.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = { data: [], palette: null, dpi: null };
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const start = at + 8;
    if (type === "IHDR") {
      const colour = bytes[start + 9];
      Object.assign(found, { width: view.getUint32(start), height: view.getUint32(start + 4), depth: bytes[start + 8], colour, channels: CHANNELS[colour], interlaced: bytes[start + 12] === 1 });
    } else if (type === "PLTE") {
      found.palette = bytes.subarray(start, start + length);
    } else if (type === "pHYs" && bytes[start + 8] === 1) {
      found.dpi = [view.getUint32(start) * 0.0254, view.getUint32(start + 4) * 0.0254];
    } else if (type === "IDAT") {
      found.data.push(bytes.subarray(start, start + length));
    } else if (type === "IEND") {
      break;
    }
    at = start + length + 4;
  }
  return found;
}
