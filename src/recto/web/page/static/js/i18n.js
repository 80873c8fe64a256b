// Words in four languages: one dictionary per language, all with the same keys.

import { asset } from "./api.js";

export const LANGUAGES = ["de", "en", "es", "fr"];
export const language = new EventTarget();

const KEPT = "recto.language";
let own = {};
let code = "en";
let plurals = new Intl.PluralRules("en");

export const current = () => code;

/** What the reader asked for: chosen before, or the first of the browser's languages that we have. */
export function preferred() {
  const kept = localStorage.getItem(KEPT);
  if (LANGUAGES.includes(kept)) return kept;
  for (const wanted of navigator.languages ?? [navigator.language]) {
    const short = wanted.slice(0, 2).toLowerCase();
    if (LANGUAGES.includes(short)) return short;
  }
  return "en";
}

/** Load a dictionary and write it over the page. */
export async function speak(wanted, keep = false) {
  own = await asset(new URL(`../lang/${wanted}.json`, import.meta.url), "json");
  code = wanted;
  plurals = new Intl.PluralRules(code);
  if (keep) localStorage.setItem(KEPT, code);
  document.documentElement.lang = code;
  document.title = own["title"];
  translate(document.body);
  language.dispatchEvent(new Event("change"));
}

/** The words for a key; `{name}` is filled in, and `n` chooses between `key.one` and `key.other`. */
export function t(key, values = {}) {
  const text = ("n" in values ? own[`${key}.${plurals.select(values.n) === "one" ? "one" : "other"}`] : undefined) ?? own[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? said(values[name]) : whole));
}

/** The words for a key, or what is given when there are none (for filters of a newer server). */
export const tOr = (key, otherwise) => own[key] ?? otherwise;

const said = (value) => (typeof value === "number" ? number(value) : String(value));

/** A number for people; what rounds to nothing has no sign. */
export const number = (value, digits = 2) =>
  new Intl.NumberFormat(code, { maximumFractionDigits: digits }).format(Number(value.toFixed(digits)) + 0);
export const percent = (value) => new Intl.NumberFormat(code, { style: "percent", maximumFractionDigits: 0 }).format(value);

/** Bytes for people. */
export function size(bytes) {
  const [unit, value] = bytes < 1e6 ? ["kilobyte", bytes / 1e3] : ["megabyte", bytes / 1e6];
  return new Intl.NumberFormat(code, { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

function translate(root) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
    if (element.classList.contains("icon")) element.title = t(element.dataset.tLabel);
  }
}
