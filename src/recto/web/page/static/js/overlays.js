// What was found, drawn over the page as it was sent.

import { h, svg } from "./dom.js";
import { number, percent, t } from "./i18n.js";

const turned = (page) => (page.steps?.some((step) => step.filter === "orient" && step.changed) ? (page.estimates.orientation?.angle_deg ?? 0) : 0);
const flattened = (page) => page.steps?.some((step) => ["dewarp", "rotate"].includes(step.filter) && step.changed);

/** Which marks there are for a page of a task: their names. */
export function marksOf(page) {
  const found = page?.estimates ?? {};
  const names = [];
  // After a flattening the angle is one of the flattened page and would lie wrong on the one before.
  if (found.skew?.confidence > 0 && !flattened(page)) names.push("skew");
  if (found.orientation?.confidence > 0) names.push("orientation");
  if (page?.grid?.length > 2) names.push("grid");
  return names;
}

/** A drawing in the size of the picture (of the page as it was sent), or null when there is nothing to draw. */
export function drawing(page, width, height) {
  const names = marksOf(page);
  if (!names.length) return null;
  const scale = page.input?.width_px ? width / page.input.width_px : 1;
  const unit = Math.min(width, height) / 100;
  const parts = names.flatMap((name) => marks[name](page, { width, height, scale, unit }));
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "marks", "aria-hidden": "true" }, ...parts);
}

const marks = {
  skew(page, { width, height, unit }) {
    const { angle_deg: angle, confidence } = page.estimates.skew;
    const half = Math.min(width, height) * 0.42;
    const [x, y] = [width / 2, height / 2];
    const base = turned(page);
    const line = (turn, name) => {
      const [dx, dy] = [half * Math.cos((turn * Math.PI) / 180), half * Math.sin((turn * Math.PI) / 180)];
      return svg("line", { x1: x - dx, y1: y - dy, x2: x + dx, y2: y + dy, class: name });
    };
    return [line(base, "level"), line(base + angle, "skew"), label(x, y - 4 * unit, unit, `${number(angle)}° · ${percent(confidence)}`)];
  },

  orientation(page, { height, unit }) {
    const { angle_deg: angle, confidence } = page.estimates.orientation;
    const [x, y] = [7 * unit, height - 12 * unit];
    const arrow = svg("path", { d: `M0 ${3 * unit}V${-3 * unit}M${-2 * unit} ${-1 * unit}L0 ${-3 * unit}L${2 * unit} ${-1 * unit}`, transform: `translate(${x} ${y}) rotate(${angle})`, class: "upright" });
    return [svg("circle", { cx: x, cy: y, r: 4.8 * unit, class: "disc" }), arrow, label(x, y + 9 * unit, unit, percent(confidence))];
  },

  grid(page, { scale }) {
    const rows = page.grid;
    const columns = rows[0].map((_, k) => rows.map((row) => row[k]));
    const outline = [...rows[0], ...columns.at(-1), ...rows.at(-1).toReversed(), ...columns[0].toReversed()];
    const lines = [...rows.slice(1, -1), ...columns.slice(1, -1)].map((line) => svg("polyline", { points: points(line, scale), class: "grid" }));
    return [...lines, svg("polygon", { points: points(outline, scale), class: "outline" })];
  },
};

const points = (list, scale) => list.map(([x, y]) => `${x * scale},${y * scale}`).join(" ");

function label(x, y, unit, words) {
  const text = svg("text", { x, y, class: "said", "font-size": 3.2 * unit, "text-anchor": "middle" });
  text.textContent = words;
  return text;
}

/** What the marks mean, for under the picture. */
export const legend = (page) => h("ul", { class: "legend" }, marksOf(page).map((name) => h("li", { class: `key ${name}` }, t(`marks.${name}`))));
