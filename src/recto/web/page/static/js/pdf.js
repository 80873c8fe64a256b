// One PDF of many pages. The zlib stream of a PNG is, with the PNG predictors, a FlateDecode stream of PDF
// (ISO 32000-1, 7.4.4.4): nothing is decoded and nothing is lost.

import { readPng } from "./png.js";

const POINTS_PER_INCH = 72;
const A4_PT = [595.28, 841.89];

/** Size on paper in points: by the resolution where it is known, else fitted into A4. */
export function paperSize(width, height, dpi) {
  if (dpi) return [(width / dpi[0]) * POINTS_PER_INCH, (height / dpi[1]) * POINTS_PER_INCH];
  const [short, long] = A4_PT;
  const [across, down] = width > height ? [long, short] : [short, long];
  const scale = Math.min(across / width, down / height);
  return [width * scale, height * scale];
}

/** A blob with the pages `{png, dpi}`: bytes without alpha and interlace, as the server makes them; dpi may be null. */
export function pdf(pages) {
  const file = new Writer();
  const [catalogue, tree] = [file.reserve(), file.reserve()];
  const kids = pages.map(({ png, dpi }) => {
    const found = readPng(png);
    if (found.interlaced || found.colour > 3) throw new TypeError("A PNG with alpha or interlace cannot go into a PDF as it is.");
    const [width, height] = paperSize(found.width, found.height, dpi ?? found.dpi).map((value) => value.toFixed(3));
    const image = file.stream(imageOf(found), found.data);
    const content = file.stream("", [text(`q ${width} 0 0 ${height} 0 0 cm /P Do Q`)]);
    return file.object(`<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 ${width} ${height}] /Resources << /XObject << /P ${image} 0 R >> >> /Contents ${content} 0 R >>`);
  });
  file.object(`<< /Type /Catalog /Pages ${tree} 0 R >>`, catalogue);
  file.object(`<< /Type /Pages /Count ${kids.length} /Kids [${kids.map((kid) => `${kid} 0 R`).join(" ")}] >>`, tree);
  return file.finish(catalogue);
}

function imageOf({ width, height, depth, channels, colour, palette }) {
  const space = colour === 3 ? `[/Indexed /DeviceRGB ${palette.length / 3 - 1} <${[...palette].map((byte) => byte.toString(16).padStart(2, "0")).join("")}>]` : channels === 3 ? "/DeviceRGB" : "/DeviceGray";
  const predictor = `<< /Predictor 15 /Colors ${channels} /BitsPerComponent ${depth} /Columns ${width} >>`;
  return `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace ${space} /BitsPerComponent ${depth} /Filter /FlateDecode /DecodeParms ${predictor} `;
}

const text = (words) => new TextEncoder().encode(words);

class Writer {
  constructor() {
    this.parts = [];
    this.length = 0;
    this.places = [];
    this.write(text("%PDF-1.5\n"), new Uint8Array([0x25, 0xe2, 0xe3, 0xcf, 0xd3, 0x0a]));
  }

  write(...parts) {
    this.parts.push(...parts);
    this.length += parts.reduce((sum, part) => sum + part.length, 0);
  }

  /** A number for an object that is written later. */
  reserve() {
    return this.places.push(0);
  }

  object(body, number = this.reserve()) {
    this.places[number - 1] = this.length;
    this.write(text(`${number} 0 obj\n${body}\nendobj\n`));
    return number;
  }

  stream(entries, parts) {
    const number = this.reserve();
    this.places[number - 1] = this.length;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    this.write(text(`${number} 0 obj\n<< ${entries}/Length ${length} >>\nstream\n`), ...parts, text("\nendstream\nendobj\n"));
    return number;
  }

  finish(catalogue) {
    const at = this.length;
    const rows = this.places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
    this.write(text(`xref\n0 ${this.places.length + 1}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${this.places.length + 1} /Root ${catalogue} 0 R >>\nstartxref\n${at}\n%%EOF\n`));
    return new Blob(this.parts, { type: "application/pdf" });
  }
}
