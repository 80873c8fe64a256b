// How pages come in: dropped, pasted, chosen, photographed, or from the samples.

import { asset } from "./api.js";
import { $, announce, h, trouble } from "./dom.js";
import { language, t } from "./i18n.js";
import { keep } from "./keep.js";
import * as recipe from "./recipe.js";
import * as store from "./store.js";

const SAMPLES = [["scan", "scan.jpg"], ["phone photo", "photo.jpg"], ["old book", "book.jpg"], ["fax", "fax.png"], ["receipt", "receipt.jpg"]];
const address = (file) => new URL(`../samples/${file}`, import.meta.url);

/** Put files on the list. */
export function take(files) {
  const pages = [...files].map((file, k) => store.add({ name: file.name || pastedName(k), blob: file }));
  for (const one of pages) keep(one);
  if (!pages.length) return;
  store.choose(pages[0].id);
  announce(t("intake.taken", { n: pages.length }));
}

const pastedName = (k) => `${t("intake.pasted")} ${new Date().toISOString().slice(11, 19).replaceAll(":", "-")}${k ? `-${k + 1}` : ""}.png`;

export function startIntake() {
  for (const [button, input] of [["choose", "files"], ["photograph", "camera"]]) {
    $(button).addEventListener("click", () => $(input).click());
    $(input).addEventListener("change", () => {
      take($(input).files);
      $(input).value = "";
    });
  }
  // Where there is no camera app, the second button would only be the first one again.
  $("photograph").hidden = !matchMedia("(any-pointer: coarse)").matches;
  addEventListener("paste", pasted);
  startDrop();
  drawSamples();
  language.addEventListener("change", drawSamples);
}

function pasted(event) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || $("app").hidden) return;
  event.preventDefault();
  // A pasted screenshot is always called image.png, which tells nobody anything.
  take(files.map((file, k) => (file.name === "image.png" ? new File([file], pastedName(k), { type: file.type }) : file)));
}

function startDrop() {
  const cover = $("drop-cover");
  let depth = 0;
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files") && !$("app").hidden;
  const show = (by) => {
    depth = Math.max(0, depth + by);
    cover.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => { if (carries(event)) show(1); });
  addEventListener("dragleave", (event) => { if (carries(event)) show(-1); });
  addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
  addEventListener("drop", async (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth = 0;
    show(0);
    take(await filesOf(event.dataTransfer));
  });
}

/** The files of a drop, with those in folders, by name. */
async function filesOf(transfer) {
  const entries = [...transfer.items].map((one) => one.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const found = (await Promise.all(entries.map(under))).flat();
  return found.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

async function under(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.filter((one) => !one.name.startsWith(".")).map(under))).flat();
}

function drawSamples() {
  $("samples").replaceChildren(...SAMPLES.map(([kind, file]) =>
    h("li", {}, h("button", { type: "button", class: "sample", "data-sample": kind, onclick: () => sample(kind, file).catch((fault) => trouble(fault.message)) },
      h("img", { src: address(file), alt: "", loading: "lazy", width: 72, height: 90 }),
      h("span", {}, t(`preset.${kind}`))))));
}

/** A sample, with the preset for its kind unless the recipe was made by hand. */
async function sample(kind, file) {
  const blob = await asset(address(file), "blob");
  if (!recipe.isOwn()) recipe.usePreset(kind);
  take([new File([blob], file, { type: blob.type })]);
}
