// The tones of a page and the threshold between ink and paper, computed here from the pixels that are shown.

import { h, svg } from "./dom.js";
import { percent, t } from "./i18n.js";

const LOOKED_AT_PX = 1_000_000;

/** Counts of the 256 luma values (BT.601 of gamma-encoded colours) of a picture; large ones are sampled down. */
export async function tones(blob) {
  const whole = await createImageBitmap(blob);
  const shrink = Math.min(1, Math.sqrt(LOOKED_AT_PX / (whole.width * whole.height)));
  const canvas = h("canvas", { width: Math.max(1, Math.round(whole.width * shrink)), height: Math.max(1, Math.round(whole.height * shrink)) });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  return count(context.getImageData(0, 0, canvas.width, canvas.height).data);
}

/** Counts of luma in RGBA samples. */
export function count(samples) {
  const counts = new Uint32Array(256);
  for (let k = 0; k < samples.length; k += 4) counts[(299 * samples[k] + 587 * samples[k + 1] + 114 * samples[k + 2] + 500) / 1000 | 0] += 1;
  return counts;
}

/** Otsu's threshold (1979): the tone up to which is ink, where the variance between the two classes is largest. */
export function otsu(counts) {
  const all = counts.reduce((sum, n) => sum + n, 0);
  const total = counts.reduce((sum, n, tone) => sum + n * tone, 0);
  let [below, sum, best, threshold] = [0, 0, -1, 0];
  for (let tone = 0; tone < 255; tone += 1) {
    below += counts[tone];
    sum += counts[tone] * tone;
    if (!below || below === all) continue;
    const distance = sum / below - (total - sum) / (all - below);
    const between = below * (all - below) * distance * distance;
    if (between > best) [best, threshold] = [between, tone];
  }
  return threshold;
}

/** A drawing of the counts with the threshold found here, and the filter's when it said one. */
export function chart(counts, ink) {
  const threshold = otsu(counts);
  const all = counts.reduce((sum, n) => sum + n, 0);
  const share = counts.subarray(0, threshold + 1).reduce((sum, n) => sum + n, 0) / all;
  const most = Math.sqrt(Math.max(...counts));
  const heights = [...counts].map((n) => 78 * (Math.sqrt(n) / most));
  const path = `M0 80${heights.map((height, tone) => `L${tone} ${(80 - height).toFixed(1)}L${tone + 1} ${(80 - height).toFixed(1)}`).join("")}L256 80Z`;
  const line = (x, name) => svg("line", { x1: x + 0.5, x2: x + 0.5, y1: 0, y2: 80, class: name });
  const words = t("histogram.words", { threshold, share: percent(share) }) + (ink ? ` ${t("histogram.filter", { threshold: ink.threshold })}` : "");
  const picture = svg("svg", { viewBox: "0 0 256 92", class: "histogram", role: "img", "aria-label": words, preserveAspectRatio: "none" },
    svg("rect", { x: 0, y: 0, width: threshold + 1, height: 80, class: "inky" }),
    svg("path", { d: path }), line(threshold, "here"));
  if (ink) picture.append(line(ink.threshold, "theirs"));
  const scale = svg("g", {}, ...Array.from({ length: 16 }, (_, k) => {
    const step = svg("rect", { x: k * 16, y: 84, width: 16, height: 8 });
    step.style.fill = `rgb(${k * 17} ${k * 17} ${k * 17})`;
    return step;
  }));
  picture.append(scale);
  return h("figure", {}, h("figcaption", {}, t("histogram.title")), picture, h("p", { class: "hint" }, words));
}
