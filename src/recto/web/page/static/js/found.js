// What was found and done, step by step, in words.

import { $, h } from "./dom.js";
import { chart, tones } from "./histogram.js";
import { number, percent, t, tOr } from "./i18n.js";

const FILTER_OF = { skew: "deskew", orientation: "orient", warp: "dewarp", paper: "whiten", ink: "binarize", tones: "contrast", text_size: "upsample" };
const ORDER = ["kind", "bend", "unlevel_before", "unlevel_after", "black", "white", "threshold", "red", "green", "blue"];
const SHARES = /(_share|evenness|bend)$/;
let drawnFor = null;

/** Write the panel for one page of a task; `original` is the picture before, or null. */
export function writeFound(task, page, original) {
  $("found").hidden = !page;
  if (!page) return;
  const rest = Object.entries(page.estimates ?? {}).filter(([name]) => !page.steps?.some((step) => step.filter === FILTER_OF[name]));
  const total = (page.steps ?? []).reduce((sum, step) => sum + step.elapsed_ms, 0);
  $("found-body").replaceChildren(
    facts(page, total),
    h("ol", { class: "steps" }, (page.steps ?? []).map((step) => stepOf(step, page))),
    rest.length ? h("div", {}, h("h3", {}, t("found.more")), rest.map(([name, values]) => estimate(name, values))) : "",
    h("div", { id: "histogram" }));
  writeHistogram(`${task.id}/${page.page}`, page, original);
}

async function writeHistogram(key, page, original) {
  drawnFor = key;
  if (!original) return;
  try {
    const counts = await tones(original);
    if (drawnFor === key) $("histogram")?.replaceChildren(chart(counts, page.estimates?.ink));
  } catch {
    // No picture that this browser can read; the panel does without.
  }
}

function facts(page, total) {
  const shape = (one) => (one?.width_px ? `${one.width_px} × ${one.height_px}` : "–");
  const dpi = (one) => (one?.dpi ? `${[...new Set(one.dpi.map((value) => number(value, 0)))].join(" × ")} dpi` : t("found.dpi.unknown"));
  const describe = (one) => [shape(one), tOr(`kind.${one.kind}`, one.kind ?? ""), dpi(one)].filter(Boolean).join(" · ");
  const row = (words, text) => [h("dt", {}, t(words)), h("dd", {}, text)];
  return h("dl", { class: "facts" },
    page.input ? row("found.sent", describe(page.input)) : [],
    row("found.result", describe(page)),
    row("found.time", t("found.ms", { ms: number(total, 0) })));
}

function stepOf(step, page) {
  const mine = Object.entries(page.estimates ?? {}).filter(([name]) => FILTER_OF[name] === step.filter);
  return h("li", {},
    h("div", { class: "row apart" },
      h("strong", {}, tOr(`filter.${step.filter}`, step.filter)),
      h("span", { class: "row tight" },
        h("span", { class: `badge ${step.changed ? "done" : "left"}` }, t(step.changed ? "found.changed" : "found.left")),
        h("span", { class: "time" }, t("found.ms", { ms: number(step.elapsed_ms, step.elapsed_ms < 10 ? 1 : 0) })))),
    mine.map(([name, values]) => estimate(name, values)),
    // The server's notes are English sentences.
    (step.notes ?? []).map((note) => h("p", { class: "note", lang: "en" }, note)));
}

function estimate(name, values) {
  const { confidence, ...others } = values;
  const rows = Object.entries(others)
    .filter(([, value]) => value !== null && typeof value !== "object")
    .sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
    .map(([key, value]) => [h("dt", {}, tOr(`found.${name}.${key}`, key.replaceAll("_", " "))), h("dd", {}, written(key, value))]);
  const sure = typeof confidence === "number"
    ? [h("dt", {}, t("found.confidence")), h("dd", {}, h("meter", { min: 0, max: 1, value: confidence, "aria-label": t("found.confidence") }), ` ${percent(confidence)}`)]
    : [];
  return h("dl", { class: "estimate" }, rows, sure);
}

function written(key, value) {
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value !== "number") return tOr(`value.${value}`, String(value));
  if (key.endsWith("_deg")) return `${number(value)}°`;
  if (SHARES.test(key)) return new Intl.NumberFormat(document.documentElement.lang, { style: "percent", maximumFractionDigits: 1 }).format(value);
  return key.endsWith("_px") ? `${number(value, 1)} px` : number(value, 3);
}
