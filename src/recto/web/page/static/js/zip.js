// A ZIP archive of files as they are (PNG does not get smaller), as APPNOTE 6.3 writes it.

const TABLE = new Uint32Array(256).map((_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 (IEEE 802.3). */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const UTF8_NAMES = 0x0800;
const VERSION = 20;
const MOST_FILES = 0xffff;
const MOST_BYTES = 0xffffffff;

/** Numbers of 2 (s) or 4 (l) bytes, little-endian. */
function record(shape, values) {
  const length = [...shape].reduce((sum, one) => sum + (one === "l" ? 4 : 2), 0);
  const view = new DataView(new ArrayBuffer(length));
  let at = 0;
  [...shape].forEach((one, k) => {
    if (one === "l") view.setUint32(at, values[k], true);
    else view.setUint16(at, values[k], true);
    at += one === "l" ? 4 : 2;
  });
  return new Uint8Array(view.buffer);
}

/** A blob with the entries `{name, bytes}`, all of the same moment. */
export function zip(entries, moment = new Date()) {
  if (entries.length > MOST_FILES) throw new RangeError(`A ZIP holds ${MOST_FILES} files.`);
  const time = (moment.getHours() << 11) | (moment.getMinutes() << 5) | (moment.getSeconds() >> 1);
  const date = ((moment.getFullYear() - 1980) << 9) | ((moment.getMonth() + 1) << 5) | moment.getDate();
  const [parts, directory] = [[], []];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const written = new TextEncoder().encode(name);
    const facts = [VERSION, UTF8_NAMES, 0, time, date, crc32(bytes), bytes.length, bytes.length, written.length, 0];
    const local = record("l" + "sssss" + "lll" + "ss", [0x04034b50, ...facts]);
    directory.push(record("l" + "ssssss" + "lll" + "sssss" + "ll", [0x02014b50, VERSION, ...facts, 0, 0, 0, 0, offset]), written);
    parts.push(local, written, bytes);
    offset += local.length + written.length + bytes.length;
  }
  const length = directory.reduce((sum, one) => sum + one.length, 0);
  if (offset + length > MOST_BYTES) throw new RangeError("A ZIP without extensions holds 4 GB.");
  const end = record("l" + "ssss" + "ll" + "s", [0x06054b50, 0, 0, entries.length, entries.length, length, offset, 0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
