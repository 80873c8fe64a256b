// How far a file of several pages is, while a worker counts them.

import { $, h } from "./dom.js";
import { t } from "./i18n.js";

const counted = (one) => (one.state === "processing" ? (one.task?.progress ?? null) : null);

/** In words, or nothing. */
export function howFar(one) {
  const { pages_done: done, page_count: count } = counted(one) ?? {};
  return count ? t("list.far", { done, count }) : "";
}

/** From 0 to 1. */
export const share = (one) => (counted(one) ? one.task.progress.pages_done / one.task.progress.page_count : 0);

/** A bar with its words, or nothing. */
export function bar(one) {
  const progress = counted(one);
  if (!progress) return null;
  return h("div", { class: "progress-row far" },
    h("progress", { id: `far-${one.id}`, max: progress.page_count, value: progress.pages_done, "aria-labelledby": `far-words-${one.id}` }),
    h("span", { id: `far-words-${one.id}` }, howFar(one)));
}

/** Move a bar that is there already; false when there is none, or none is wanted. */
export function moved(one) {
  const there = $(`far-${one.id}`);
  if (!there || !counted(one)) return false;
  there.max = one.task.progress.page_count;
  there.value = one.task.progress.pages_done;
  $(`far-words-${one.id}`).textContent = howFar(one);
  return true;
}
