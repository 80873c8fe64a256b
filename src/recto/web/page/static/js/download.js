// Getting pages out of the browser: one, all as ZIP, all as one PDF.

import * as api from "./api.js";
import { pdf } from "./pdf.js";
import { zip } from "./zip.js";

const stem = (name) => name.replace(/\.[A-Za-z0-9]{1,5}$/, "").replace(/[\\/:*?"<>|\u0000-\u001f]/g, "_").slice(0, 120) || "page";

/** Hand a blob to the browser's downloads. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const nameOf = (one, page) => (one.task.pages.length > 1 ? `${stem(one.name)}-${String(page).padStart(3, "0")}.png` : `${stem(one.name)}.png`);

/** One page of an item. */
export async function savePage(one, page) {
  save(await api.result(one.task.pages[page - 1].result), nameOf(one, page));
}

/** An item: its page, or a ZIP of its pages. */
export async function saveItem(one) {
  if (one.task.pages.length === 1) await savePage(one, 1);
  else save(zip(await entries([one])), `${stem(one.name)}.zip`);
}

export const saveAsZip = async (items) => save(zip(await entries(items)), "recto.zip");

export async function saveAsPdf(items) {
  const pages = [];
  for (const one of items) {
    for (const page of one.task.pages) pages.push({ png: await bytes(page), dpi: page.dpi });
  }
  save(pdf(pages), "recto.pdf");
}

const bytes = async (page) => new Uint8Array(await (await api.result(page.result)).arrayBuffer());

/** Names and bytes; a name that is there already gets a number. */
async function entries(items) {
  const found = [];
  const names = new Set();
  for (const one of items) {
    for (const [k, page] of one.task.pages.entries()) {
      const wanted = nameOf(one, k + 1);
      let name = wanted;
      for (let n = 2; names.has(name.toLowerCase()); n += 1) name = wanted.replace(/\.png$/, `-${n}.png`);
      names.add(name.toLowerCase());
      found.push({ name, bytes: await bytes(page) });
    }
  }
  return found;
}
