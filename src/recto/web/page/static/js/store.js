// The pages of this sitting, in order, and who wants to know about them.

export const READY = "ready";
export const SENDING = "sending";
export const OPEN = ["pending", "processing"];
const events = new EventTarget();
const found = new Map();
let chosen = null;
let next = 0;

/** `change` carries the item that changed (or null for the list as a whole); `choose` the chosen one. */
export const on = (name, handler) => events.addEventListener(name, (event) => handler(event.detail));
const tell = (name, detail) => events.dispatchEvent(new CustomEvent(name, { detail }));

export const items = () => [...found.values()].sort((a, b) => a.order - b.order);
export const item = (id) => found.get(id);
export const selected = () => found.get(chosen) ?? null;
export const ofTask = (taskId) => items().find((one) => one.task?.id === taskId || one.taskId === taskId);

/**
 * An item: id, name, blob (the original, null when another program sent it), state (ready, sending, or a task's),
 * task (as the API gives it), taskId, error, page (the one looked at), order.
 */
export function add(given) {
  const one = {
    id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
    name: "", blob: null, state: READY, task: null, taskId: null, key: null, error: null, page: 1, order: next, ...given,
  };
  next = Math.max(next, one.order) + 1;
  found.set(one.id, one);
  tell("change", null);
  if (chosen === null) choose(one.id);
  return one;
}

/** An order before everything that is there. */
export const orderBefore = () => Math.min(0, ...items().map((one) => one.order)) - 1;

export function change(one, values) {
  if (!found.has(one.id)) return;
  Object.assign(one, values);
  tell("change", one);
}

/** Take over what the server says about a task; an answer that was overtaken by news does not open it again. */
export function took(one, task) {
  if (one.task?.id === task.id && !OPEN.includes(one.task.state) && OPEN.includes(task.state)) return;
  change(one, { task, taskId: task.id, state: task.state, error: task.error ?? null, heardAt: Date.now(), page: Math.min(one.page, Math.max(1, task.pages?.length ?? 1)) });
}

export function remove(one) {
  const list = items();
  const place = list.indexOf(one);
  found.delete(one.id);
  tell("change", null);
  tell("remove", one);
  if (chosen === one.id) choose((list[place + 1] ?? list[place - 1])?.id ?? null);
}

export function choose(id) {
  chosen = id;
  tell("choose", selected());
}

export function showPage(one, page) {
  change(one, { page });
  tell("choose", one);
}
