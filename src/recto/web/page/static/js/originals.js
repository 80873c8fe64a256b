// The page as it was sent, for the eye: drawn by the browser where it can, by the server where it cannot (TIFF, PDF, HEIC).

import * as api from "./api.js";
import { on } from "./store.js";

const PREVIEW = "recto-preview:";
const KEPT_AT_MOST = 12;
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
  if (!made.has(key)) made.set(key, drawnByServer(one, page).catch(() => { made.delete(key); return null; }));
  return made.get(key);
}

const isMany = (one) => (one.task?.pages?.length ?? 1) > 1;

/** The recipe without steps gives pages back as they are. The key makes it one task, also after a reload. */
async function drawnByServer(one, page) {
  if (!previews.has(one.id)) previews.set(one.id, finished(one));
  const pages = (await previews.get(one.id)).pages;
  return pages[page - 1] ? api.result(pages[page - 1].result) : null;
}

async function finished(one) {
  let task = await api.submit(one.blob, [], PREVIEW + one.name, `${one.id}.preview`);
  while (["pending", "processing"].includes(task.state)) task = await api.task(task.id, 20);
  return task;
}

on("remove", (one) => {
  for (const key of [...made.keys()]) if (key.startsWith(`${one.id}/`)) made.delete(key);
  previews.get(one.id)?.then((task) => api.remove(task.id)).catch(() => {});
  previews.delete(one.id);
});
