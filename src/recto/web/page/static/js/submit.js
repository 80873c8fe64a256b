// Sending pages: two at a time, waiting when the server is full, each with a key so that none is made twice.

import * as api from "./api.js";
import { keep } from "./keep.js";
import { postpone } from "./originals.js";
import * as store from "./store.js";

const AT_ONCE = 2;
const TRIES = 40;
const strays = new Map();
/** Refusals of the recipe: with another one the same file may well be taken. */
const OF_RECIPE = ["bad-recipe", "unknown-filter", "bad-parameter"];
let recipe = () => [];
let sending = 0;
const queue = [];

export const setRecipe = (source) => { recipe = source; };
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Send pages with the recipe of now. */
export function send(pages) {
  const steps = recipe();
  for (const one of pages) {
    postpone(one);
    store.change(one, { key: `${one.id}.${Date.now()}`, steps });
    one.kept = keep({ ...one, taskId: null });
  }
  resume(pages);
}

/** Send pages with the recipe and the key that they have already. */
export function resume(pages) {
  for (const one of pages) {
    store.change(one, { state: store.SENDING, error: null, refused: 0 });
    queue.push({ one, steps: one.steps });
  }
  while (sending < AT_ONCE && queue.length) work();
}

async function work() {
  sending += 1;
  while (queue.length) {
    const { one, steps } = queue.shift();
    if (store.item(one.id)) await sendOne(one, steps);
  }
  sending -= 1;
  if (!sending) {
    for (const task of strays.values()) heard(task);
    strays.clear();
  }
}

async function sendOne(one, steps) {
  const before = one.taskId;
  try {
    await one.kept; // else a reload right after the server has it would not know it again
    if (!store.item(one.id)) return; // it was removed meanwhile
    const task = await patiently(() => api.submit(one.blob, steps, one.name, one.key));
    if (!store.item(one.id)) {
      await api.remove(task.id);
      return;
    }
    // After a reload the list already had the task whose answer never came back to us.
    const twin = store.ofTask(task.id);
    if (twin && twin !== one) store.remove(twin);
    store.took(one, strays.get(task.id) ?? task);
    strays.delete(task.id);
    await keep(one);
    if (before && before !== task.id) await api.remove(before).catch(() => {});
  } catch (fault) {
    store.change(one, { state: "failed", task: null, error: fault.message, refused: OF_RECIPE.includes(fault.code) ? 0 : fault.status });
  }
}

/** Again after a while, when the server is full or cannot be reached. */
async function patiently(act) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await act();
    } catch (fault) {
      if (![0, 429, 503].includes(fault.status) || tried >= TRIES) throw fault;
      await sleep(Math.min(30, fault.retryAfterS || tried));
    }
  }
}

/** Something about a task: of one of our pages, of one on its way, or of another program. */
export function heard(task) {
  const one = store.ofTask(task.id);
  if (one) store.took(one, task);
  else if (sending) strays.set(task.id, task);
  else if (task.state !== "cancelled") adopt(task);
}

/** A task that this page did not send, or not in this life. */
export function adopt(task, order = undefined) {
  const place = order === undefined ? {} : { order };
  return store.add({ id: task.id, name: task.name || task.id.slice(0, 8), state: task.state, task, taskId: task.id, error: task.error ?? null, ...place });
}
