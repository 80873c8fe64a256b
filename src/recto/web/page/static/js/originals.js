// The page as it was sent, for the eye: drawn by the browser where it can, by the server where it cannot (TIFF, PDF, HEIC).

import * as api from "./api.js";
import { on } from "./store.js";

const PREVIEW = "recto-preview:";
const KEPT_AT_MOST = 12;
const BUSY = ["sending", "pending", "processing"];
const addresses = new Map();
const made = new Map();
const previews = new Map();

export const isPreview = (task) => (task.name ?? "").startsWith(PREVIEW);

/** The address of a picture in memory; the oldest are let go. */
export function addressOf(key, blob) {
  if (!addresses.has(key)) addresses.set(key, URL.createObjectURL(blob));
  const address = addresses.get(key);
  addresses.delete(key);
  addresses.set(key, address);
  for (const [old, gone] of addresses) {
    if (addresses.size <= KEPT_AT_MOST) break;
    addresses.delete(old);
    URL.revokeObjectURL(gone);
  }
  return address;
}

export async function drawable(blob) {
  try {
    (await createImageBitmap(blob, { resizeWidth: 8, resizeHeight: 8 })).close();
    return true;
  } catch {
    return false;
  }
}

/** A blob that the browser can show, of page `page` of the original; null when there is none. */
export async function original(one, page) {
  if (!one.blob) return null;
  if (page === 1 && (await drawable(one.blob)) && !isMany(one)) return one.blob;
  const key = `${one.id}/${page}`;
  if (!made.has(key) && BUSY.includes(one.state)) return null;
  if (!made.has(key)) made.set(key, drawnByServer(one, page).catch(() => { made.delete(key); return null; }));
  return made.get(key);
}

const isMany = (one) => (one.task?.pages?.length ?? 1) > 1;

/** The recipe without steps gives pages back as they are. */
async function drawnByServer(one, page) {
  if (!previews.has(one.id)) {
    const preview = { task: null, done: false, givenUp: false };
    preview.end = finished(one, preview).finally(() => { preview.done = true; });
    previews.set(one.id, preview);
  }
  const pages = (await previews.get(one.id).end).pages;
  return pages[page - 1] ? api.result(pages[page - 1].result) : null;
}

/** The key makes it one task, also after a reload; one that was given up before is begun anew with the next key. */
async function finished(one, preview) {
  for (let turn = 1; !preview.givenUp; turn += 1) {
    let task = await api.submit(one.blob, [], PREVIEW + one.name, `${one.id}.preview${turn > 1 ? `.${turn}` : ""}`);
    preview.task = task;
    while (["pending", "processing"].includes(task.state) && !preview.givenUp) {
      task = await api.task(task.id, 20).catch((fault) => {
        if (fault.status !== 404) throw fault;
        return { state: "cancelled" };
      });
    }
    if (task.state !== "cancelled" && !preview.givenUp) return task;
  }
  if (preview.task) await api.remove(preview.task.id);
  throw new Error("given up");
}

/** Let the work itself go first: what is not drawn yet is given up, and drawn when the work is done. */
export function postpone(one) {
  const preview = previews.get(one.id);
  if (!preview || preview.done) return;
  forget(one);
}

function forget(one) {
  for (const key of [...made.keys()]) if (key.startsWith(`${one.id}/`)) made.delete(key);
  const preview = previews.get(one.id);
  previews.delete(one.id);
  if (!preview) return;
  preview.givenUp = true;
  if (preview.task) api.remove(preview.task.id).catch(() => {});
}

on("remove", forget);
