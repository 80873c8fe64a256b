// What the server says while it works, and what it says after a reload.

import * as api from "./api.js";
import { $, trouble } from "./dom.js";
import { t } from "./i18n.js";
import { drop, everything } from "./keep.js";
import * as store from "./store.js";
import { adopt, heard, resume } from "./submit.js";
import { isPreview } from "./originals.js";

const LIMIT = 100;
const SILENT_MS = 20_000;
let source = null;
let cursor = null;
let lost = false;
const removed = new Set();

/** Never show again what was removed, whatever still comes in about it. */
export const forgetTask = (id) => removed.add(id);

const wanted = (task) => !removed.has(task.id) && !isPreview(task);

/** The pages of before the reload: what the server has, with the originals that this browser kept. */
export async function recall() {
  const kept = await everything();
  const first = await api.tasks(null, LIMIT);
  cursor = first.next ?? null;
  const byTask = new Map(kept.filter((one) => one.taskId).map((one) => [one.taskId, one]));
  for (const task of first.tasks.filter(wanted).reverse()) {
    const mine = byTask.get(task.id);
    if (task.state === "cancelled") {
      if (mine) await drop(mine.id);
    } else if (mine) {
      store.took(store.add({ ...mine, error: null }), task);
    } else {
      adopt(task);
    }
  }
  const unsent = [];
  for (const one of kept) {
    if (store.item(one.id)) continue;
    if (!one.taskId) unsent.push(store.add({ ...one, state: store.READY }));
    else await recallOne(one);
  }
  $("older").hidden = !cursor;
  const interrupted = unsent.filter((one) => one.key);
  if (interrupted.length) resume(interrupted);
}

/** A kept page whose task is not among the newest: still there, or expired. */
async function recallOne(one) {
  try {
    store.took(store.add({ ...one }), await api.task(one.taskId));
  } catch (fault) {
    const there = store.item(one.id);
    if (there) store.remove(there);
    if (fault.status === 404) await drop(one.id);
  }
}

async function older() {
  const more = await api.tasks(cursor, LIMIT);
  cursor = more.next ?? null;
  $("older").hidden = !cursor;
  for (const task of more.tasks) {
    if (wanted(task) && task.state !== "cancelled" && !store.ofTask(task.id)) adopt(task, store.orderBefore());
  }
}

/** Ask about open tasks of which nothing was heard for a while: after the connection was away, events are missing. */
async function catchUp(silentMs = 0) {
  const silent = (one) => store.OPEN.includes(one.state) && one.taskId && Date.now() - one.heardAt >= silentMs;
  for (const one of store.items().filter(silent)) {
    try {
      store.took(one, await api.task(one.taskId));
    } catch (fault) {
      if (fault.status === 404) store.change(one, { state: "failed", error: t("fault.gone") });
    }
  }
}

export function listen() {
  source?.close();
  source = new EventSource("/v1/events");
  source.addEventListener("task", (event) => {
    const task = JSON.parse(event.data);
    if (wanted(task)) heard(task);
  });
  source.addEventListener("open", () => {
    if (lost) trouble();
    lost = false;
    catchUp().catch(() => {});
  });
  source.addEventListener("error", () => {
    if (!lost) trouble(t("fault.connection"));
    lost = true;
    if (source.readyState === EventSource.CLOSED) setTimeout(again, 3000);
  });
}

/** The browser has given up, for instance after an answer other than 200: make sure of the session and listen again. */
async function again() {
  try {
    await api.tasks(null, 1);
  } catch {
    // Still away; listening will fail and come back here.
  }
  listen();
}

export function startLive() {
  listen();
  setInterval(() => catchUp(SILENT_MS).catch(() => {}), SILENT_MS);
  $("older").addEventListener("click", () => older().catch((fault) => trouble(fault.message)));
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
}
