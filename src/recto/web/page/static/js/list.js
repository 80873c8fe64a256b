// The list of pages: what each is at, what went wrong, and what can be had.

import * as api from "./api.js";
import { $, announce, h, icon, iconButton, trouble } from "./dom.js";
import { saveAsPdf, saveAsZip, saveItem } from "./download.js";
import { language, size, t } from "./i18n.js";
import { drop } from "./keep.js";
import { forgetTask } from "./live.js";
import { bar, moved, share } from "./progress.js";
import * as recipe from "./recipe.js";
import * as store from "./store.js";
import { send } from "./submit.js";
import { thumbnail } from "./thumbs.js";

/** Answers that would be the same the next time: a file that is none, or too large. */
const NO = [400, 413, 415, 422];
let told = "";
let due = false;

/** The whole list, once for however many pages came at a time. */
function drawSoon() {
  if (due) return;
  due = true;
  queueMicrotask(() => {
    due = false;
    drawAll();
    summary();
  });
}

export function startList() {
  store.on("change", (one) => {
    if (one && $(`row-${one.id}`)) {
      if (!moved(one)) $(`row-${one.id}`).replaceWith(row(one));
      summary();
    } else {
      drawSoon();
    }
  });
  store.on("choose", mark);
  language.addEventListener("change", () => { drawAll(); summary(); });
  recipe.onChange(summary);
  $("run").addEventListener("click", () => {
    $("run").disabled = true;
    send(toRun());
    // On a small screen the list is far below the button.
    if (matchMedia("(max-width: 62rem)").matches) $("pages").scrollIntoView();
  });
  $("all-zip").addEventListener("click", () => busy($("all-zip"), () => saveAsZip(done())));
  $("all-pdf").addEventListener("click", () => busy($("all-pdf"), () => saveAsPdf(done())));
  $("clear").addEventListener("click", clear);
  drawAll();
  summary();
}

const done = () => store.items().filter((one) => one.state === "completed");
const open = () => store.items().filter((one) => one.state === store.SENDING || store.OPEN.includes(one.state));

/** New pages and those that failed; when there are none, all again with the recipe of now; refused files only when there is nothing else. */
function toRun() {
  const able = store.items().filter((one) => one.blob);
  const refused = able.filter((one) => one.state === "failed" && NO.includes(one.refused));
  const fresh = able.filter((one) => [store.READY, "failed", "cancelled"].includes(one.state) && !refused.includes(one));
  const whole = able.filter((one) => one.state === "completed");
  return [fresh, whole].find((some) => some.length) ?? refused;
}

function drawAll() {
  const focused = document.activeElement?.id;
  $("list").replaceChildren(...store.items().map(row));
  if (focused && document.activeElement !== $(focused)) $(focused)?.focus();
  mark();
}

function mark() {
  for (const button of $("list").querySelectorAll(".pick")) {
    const here = button.id === `pick-${store.selected()?.id}`;
    if (here) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    const line = button.closest("li");
    line.classList.toggle("here", here);
    if (here) reveal(line);
  }
}

/** Scroll the list, and nothing else, so far that a row can be seen. */
function reveal(line) {
  const list = $("list");
  const [top, bottom] = [line.offsetTop - list.offsetTop, line.offsetTop - list.offsetTop + line.offsetHeight];
  if (top < list.scrollTop) list.scrollTop = top;
  else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}

function row(one) {
  const focused = document.activeElement?.id;
  const canvas = h("canvas", { class: "thumb", width: 1, height: 1, id: `thumb-${one.id}`, "aria-hidden": "true" });
  thumbnail(one, canvas);
  const pages = one.task?.pages?.length ?? 0;
  const more = [one.blob ? size(one.blob.size) : null, pages > 1 ? t("list.pages", { n: pages }) : null].filter(Boolean).join(" · ");
  const state = h("span", { class: `badge ${one.state}` }, t(`state.${one.state}`));
  const pick = h("button", { type: "button", class: "pick", id: `pick-${one.id}`, onclick: () => store.choose(one.id) },
    h("span", { class: "frame" }, icon("page"), canvas),
    h("span", { class: "words" }, h("span", { class: "file" }, one.name), h("span", { class: "row tight" }, state, h("span", { class: "hint" }, more))));
  const ready = one.state === "completed";
  const made = h("li", { id: `row-${one.id}`, class: store.selected() === one ? "here" : null },
    h("div", { class: "head" }, pick,
      ready ? iconButton("download", t("list.download", { name: one.name }), () => busy(null, () => saveItem(one)), { id: `save-${one.id}` }) : null,
      iconButton("close", t("list.remove", { name: one.name }), () => remove(one), { id: `remove-${one.id}` })),
    bar(one),
    one.error ? h("p", { class: "fault", lang: "en" }, one.error) : null);
  if (store.selected() === one) pick.setAttribute("aria-current", "true");
  if (focused && [`pick-${one.id}`, `save-${one.id}`, `remove-${one.id}`].includes(focused)) queueMicrotask(() => $(focused)?.focus());
  return made;
}

function summary() {
  const [all, ready, waiting] = [store.items(), done(), open()];
  const failed = all.filter((one) => one.state === "failed").length;
  const settled = all.filter((one) => one.state !== store.READY).length - waiting.length;
  $("list-empty").hidden = all.length > 0;
  $("all-tools").hidden = all.length === 0;
  $("all-zip").hidden = $("all-pdf").hidden = ready.length === 0;
  const words = [t("list.done", { done: ready.length, count: all.length }), failed ? t("list.failed", { n: failed }) : ""].filter(Boolean).join(" · ");
  $("progress-row").hidden = all.length < 2 && !waiting.length;
  $("progress").max = Math.max(1, settled + waiting.length);
  $("progress").value = settled + waiting.reduce((sum, one) => sum + share(one), 0);
  $("progress-text").textContent = words;
  const next = toRun();
  const again = next.length > 0 && next[0].state === "completed";
  $("run").disabled = next.length === 0;
  $("run").textContent = waiting.length && !next.length ? t("run.working") : t(again ? "run.again" : "run", { n: next.length || 1 });
  tell(waiting.length, words);
}

/** Say how far it is when everything is done, and no more than every ten pages before. */
function tell(waiting, words) {
  const tenth = `${Math.ceil(waiting / 10)}`;
  if (tenth !== told && (told !== "" || waiting)) announce(words);
  told = tenth;
}

async function remove(one) {
  const list = store.items();
  const next = list[list.indexOf(one) + 1] ?? list[list.indexOf(one) - 1];
  const hadFocus = document.activeElement?.id === `remove-${one.id}`;
  const gone = away(one); // its row at once, the rest when the server has answered
  if (hadFocus) (next ? $(`remove-${next.id}`) : $("choose"))?.focus();
  announce(t("list.removed", { name: one.name }));
  await gone;
}

async function away(one) {
  if (one.taskId) forgetTask(one.taskId);
  store.remove(one);
  const gone = one.taskId ? api.remove(one.taskId).catch((fault) => trouble(fault.message)) : null;
  await Promise.all([gone, drop(one.id)]);
}

/** Everything, asked for twice: the second press does it. */
async function clear() {
  const button = $("clear");
  if (!button.dataset.sure) {
    button.dataset.sure = "yes";
    button.textContent = t("list.clear.sure", { n: store.items().length });
    announce(button.textContent);
    setTimeout(() => {
      delete button.dataset.sure;
      button.textContent = t("list.clear");
    }, 6000);
    return;
  }
  delete button.dataset.sure;
  button.textContent = t("list.clear");
  const gone = Promise.all(store.items().map(away));
  $("choose").focus();
  await gone;
}

/** Do something that takes a while; say so when it fails. */
async function busy(button, act) {
  if (button) button.disabled = true;
  trouble();
  try {
    await act();
  } catch (fault) {
    trouble(fault.message || t("fault.download"));
  } finally {
    if (button) button.disabled = false;
  }
}
