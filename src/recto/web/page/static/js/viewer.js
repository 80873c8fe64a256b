// The viewer: the chosen page before and after, its tools, and what is drawn over it.

import { aligned } from "./align.js";
import * as api from "./api.js";
import { $, announce, h, icon, iconButton } from "./dom.js";
import { savePage } from "./download.js";
import { writeFound } from "./found.js";
import { handle } from "./hands.js";
import { language, percent, t } from "./i18n.js";
import { Loupe } from "./loupe.js";
import { addressOf, original } from "./originals.js";
import { drawing, legend, marksOf } from "./overlays.js";
import { Stage } from "./stage.js";
import { howFar } from "./progress.js";
import * as store from "./store.js";

let stage = null;
let loupe = null;
let marks = true;
let lined = true;
let shown = "";
let laidAs = "sent";
let turn = 0;

export function startViewer() {
  stage = new Stage($("stage"));
  loupe = new Loupe(stage);
  handle(stage, loupe);
  stage.addEventListener("layout", tools);
  loupe.addEventListener("toggle", tools);
  $("page-before").append(icon("left"));
  $("page-after").append(icon("right"));
  $("page-before").addEventListener("click", () => flip(-1));
  $("page-after").addEventListener("click", () => flip(1));
  $("download").addEventListener("click", () => savePage(store.selected(), store.selected().page));
  store.on("choose", show);
  store.on("change", (one) => { if (one && one === store.selected()) show(one); });
  language.addEventListener("change", () => { build(); shown = ""; show(store.selected()); });
  build();
}

/** Whether the page before is to lie as the result does. Side by side it lies as it was sent. */
const isLined = (page) => Boolean(page?.grid) && lined && stage.mode === "slider";

/** Show the same page again, in another way. */
function again() {
  shown = shown.replace(/[^/]*$/, "");
  show(store.selected());
}

function flip(by) {
  const one = store.selected();
  store.showPage(one, Math.max(1, Math.min(one.task.pages.length, one.page + by)));
}

const pageOf = (one) => (one.state === "completed" ? (one.task.pages[one.page - 1] ?? null) : null);

/** Show an item; what is there already is left alone, so that zoom and divider stay. */
async function show(one) {
  $("viewer").hidden = !one;
  if (!one) {
    shown = "";
    writeFound(null, null, null);
    return;
  }
  const page = pageOf(one);
  heading(one, page);
  const key = `${one.id}/${one.page}/${page ? one.task.id : "-"}`;
  if (key === shown) return;
  const fresh = !shown.startsWith(`${one.id}/${one.page}/`);
  shown = key;
  turn += 1;
  const mine = turn;
  for (const id of ["stage", "stage-keys", "view-tools"]) $(id).hidden = false;
  $("stage").setAttribute("aria-busy", "true");
  const [before, after] = await Promise.all([original(one, one.page).catch(() => null), page ? api.result(page.result).catch(() => null) : null]);
  if (mine !== turn) return;
  if (fresh) stage.view = { zoom: 1, x: 0.5, y: 0.5 };
  const laid = before && after && isLined(page) ? await aligned(before, page) : null;
  if (mine !== turn) return;
  laidAs = laid ? "result" : "sent";
  const from = laid ? addressOf(`${key}/laid`, laid) : before && addressOf(`${one.id}/${one.page}/before`, before);
  await stage.show(from, after && addressOf(key, after));
  if (mine !== turn) return;
  for (const id of ["stage", "stage-keys", "view-tools"]) $(id).hidden = !from && !after;
  drawMarks();
  $("stage").removeAttribute("aria-busy");
  heading(one, page);
  writeFound(one.task, page, before);
}

function heading(one, page) {
  const count = one.state === "completed" ? one.task.pages.length : 1;
  $("viewer-title").textContent = one.name;
  $("download").hidden = !page;
  $("pager").hidden = count < 2;
  $("page-number").textContent = t("view.page", { page: one.page, count });
  $("page-before").disabled = one.page <= 1;
  $("page-after").disabled = one.page >= count;
  const say = $("view-say");
  say.className = `say ${one.state}`;
  const nothing = page && $("stage").getAttribute("aria-busy") !== "true" && !stage.before.here;
  say.textContent = one.error ? "" : page ? (nothing ? t("view.no.before") : "") : [t(`view.say.${one.state}`), howFar(one)].filter(Boolean).join(" ");
  if (one.error) say.replaceChildren(h("span", {}, t("view.failed")), " ", h("span", { lang: "en" }, one.error));
  say.hidden = !say.textContent;
}

function drawMarks() {
  const one = store.selected();
  const page = one && pageOf(one);
  const { img, here } = stage.before;
  const drawn = page && here && marks && laidAs === "sent";
  stage.mark(drawn ? drawing(page, img.naturalWidth, img.naturalHeight) : null);
  $("legend-place").replaceChildren(drawn ? legend(page) : "");
  tools();
}

/** The toolbar, made again when the language changes. */
function build() {
  const say = () => announce(t("view.zoomed", { zoom: percent(shownScale()) }));
  const toggle = (id, words, act) => h("button", { type: "button", class: "chip", id, "aria-pressed": "false", onclick: act }, t(words));
  const mode = (name) => toggle(`mode-${name}`, `view.mode.${name}`, () => { stage.setMode(name); if (pageOf(store.selected())?.grid) again(); });
  $("view-tools").replaceChildren(
    h("span", { class: "row tight", role: "group", "aria-label": t("view.mode"), id: "modes" }, mode("slider"), mode("side")),
    h("span", { class: "row tight" },
      iconButton("minus", t("view.out"), () => { stage.zoomTo(stage.view.zoom / 1.25); say(); }, { id: "zoom-out" }),
      h("output", { id: "zoom" }),
      iconButton("plus", t("view.in"), () => { stage.zoomTo(stage.view.zoom * 1.25); say(); }, { id: "zoom-in" }),
      iconButton("fit", t("view.fit"), () => { stage.fit(); say(); }, { id: "zoom-fit" }),
      h("button", { type: "button", class: "chip", id: "zoom-actual", "aria-label": t("view.actual"), title: t("view.actual"), onclick: () => { stage.zoomTo(stage.actual); say(); } }, "1:1")),
    h("span", { class: "row tight" },
      toggle("loupe", "view.loupe", () => loupe.toggle()),
      toggle("lined", "view.lined", () => { lined = !lined; again(); }),
      toggle("marks", "view.marks", showMarks)));
  if (!$("legend-place")) $("stage").after(h("div", { id: "legend-place" }));
  $("stage").setAttribute("aria-label", t("view.stage"));
  tools();
}

/** What was found lies on the page as it was sent, so that is shown with it. */
function showMarks() {
  const hidden = laidAs === "result";
  marks = hidden || !marks;
  if (hidden) {
    lined = false;
    again();
  } else drawMarks();
}

const shownScale = () => stage.view.zoom / (stage.actual || 1);

function tools() {
  if (!$("modes")) return;
  $("modes").hidden = !stage.both;
  for (const name of ["slider", "side"]) $(`mode-${name}`).setAttribute("aria-pressed", String(stage.mode === name));
  const one = store.selected();
  const page = one && pageOf(one);
  $("marks").hidden = !(page && stage.before.here && marksOf(page).length);
  $("marks").setAttribute("aria-pressed", String(marks && laidAs === "sent"));
  $("lined").hidden = !(page?.grid && stage.both && stage.mode === "slider");
  $("lined").setAttribute("aria-pressed", String(lined));
  $("loupe").setAttribute("aria-pressed", String(loupe?.shown ?? false));
  $("zoom").textContent = stage.sides.length ? percent(shownScale()) : "";
}
