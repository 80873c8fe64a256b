// The page as it was sent, laid the way the result lies, so that the divider compares the same places.

import { h } from "./dom.js";

const MOST_PIXELS = 12e6;
const OUTSIDE = "#808080";

/**
 * The picture before, redrawn in the size of the result along the grid of a page's report, as a Blob; null when nothing
 * was moved or it cannot be drawn.
 *
 * The grid has rows of points of the page that was sent, where evenly spread points of the result lie. Two rows of two
 * points are a page that was turned or scaled; with more, each of its cells is bent by two triangles.
 */
export async function aligned(picture, page) {
  const rows = page?.grid;
  if (!rows || !page.input?.width_px) return null;
  const img = h("img", { alt: "" });
  img.src = URL.createObjectURL(picture);
  try {
    await img.decode();
    return await drawn(img, rows, page);
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(img.src);
  }
}

function drawn(img, rows, page) {
  const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / (page.width_px * page.height_px)));
  const canvas = h("canvas", { width: Math.round(page.width_px * shrink), height: Math.round(page.height_px * shrink) });
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = OUTSIDE;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  const scale = img.naturalWidth / page.input.width_px;
  // A point is the middle of a sample; a canvas counts from its corner.
  const from = rows.map((row) => row.map(([x, y]) => [(x + 0.5) * scale, (y + 0.5) * scale]));
  const at = (share, size) => (share * (size - 1) + 0.5) * shrink;
  const to = rows.map((row, r) => row.map((_, c) => [at(c / (row.length - 1), page.width_px), at(r / (rows.length - 1), page.height_px)]));
  if (rows.length === 2 && rows[0].length === 2) place(context, img, corners(from, 0, 0), corners(to, 0, 0), null);
  else {
    for (let r = 0; r + 1 < rows.length; r += 1) {
      for (let c = 0; c + 1 < rows[r].length; c += 1) {
        place(context, img, corners(from, r, c), corners(to, r, c), corners(to, r, c));
        place(context, img, others(from, r, c), others(to, r, c), others(to, r, c));
      }
    }
  }
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

const corners = (grid, r, c) => [grid[r][c], grid[r][c + 1], grid[r + 1][c]];
const others = (grid, r, c) => [grid[r + 1][c + 1], grid[r + 1][c], grid[r][c + 1]];

/** Draw a picture so that three of its points come to lie on three others, only inside a triangle when one is given. */
function place(context, img, from, to, triangle) {
  const matrix = matrixOf(from, to);
  if (!matrix) return;
  context.save();
  if (triangle) {
    context.beginPath();
    for (const [x, y] of wider(triangle)) context.lineTo(x, y);
    context.clip();
  }
  context.setTransform(...matrix);
  if (triangle) {
    // Only what may be seen: a large picture drawn hundreds of times is slow.
    const [left, right] = range(from.map(([x]) => x), img.naturalWidth);
    const [top, bottom] = range(from.map(([, y]) => y), img.naturalHeight);
    if (right > left && bottom > top) context.drawImage(img, left, top, right - left, bottom - top, left, top, right - left, bottom - top);
  } else context.drawImage(img, 0, 0);
  context.restore();
}

/** The affine map, as `setTransform` takes it; null when the points lie on a line. */
export function matrixOf([[x0, y0], [x1, y1], [x2, y2]], [[u0, v0], [u1, v1], [u2, v2]]) {
  const [ax, ay, bx, by] = [x1 - x0, y1 - y0, x2 - x0, y2 - y0];
  const area = ax * by - bx * ay;
  if (Math.abs(area) < 1e-6) return null;
  const solve = (w0, w1, w2) => [((w1 - w0) * by - (w2 - w0) * ay) / area, ((w2 - w0) * ax - (w1 - w0) * bx) / area];
  const [[a, c], [b, d]] = [solve(u0, u1, u2), solve(v0, v1, v2)];
  return [a, b, c, d, u0 - a * x0 - c * y0, v0 - b * x0 - d * y0];
}

/** A triangle a little larger, so that no line shows between two. */
function wider(triangle) {
  const middle = [0, 1].map((k) => (triangle[0][k] + triangle[1][k] + triangle[2][k]) / 3);
  return triangle.map(([x, y]) => [x + Math.sign(x - middle[0]) * 0.7, y + Math.sign(y - middle[1]) * 0.7]);
}

const range = (values, size) => [Math.max(0, Math.floor(Math.min(...values)) - 3), Math.min(size, Math.ceil(Math.max(...values)) + 3)];
