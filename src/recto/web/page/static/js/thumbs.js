// Small pictures for the list, made one after the other so that forty pages do not stop the hand.

import * as api from "./api.js";

const SIDE_PX = 96;
const AT_MOST = 300;
const made = new Map();
let line = Promise.resolve();

/** Draw the thumbnail of an item into a canvas as soon as there is time. */
export function thumbnail(one, canvas) {
  const key = `${one.id}/${one.task?.state === "completed" && !one.blob ? "result" : "sent"}`;
  const there = made.get(key);
  if (there) {
    paint(there, canvas);
    return;
  }
  if (made.size >= AT_MOST) return;
  made.set(key, null);
  line = line.then(async () => {
    const blob = one.blob ? await firstPage(one) : one.task?.state === "completed" ? await api.result(one.task.pages[0].result) : null;
    if (!blob) throw new Error("nothing to draw");
    const small = await createImageBitmap(blob, { resizeHeight: SIDE_PX * 2, resizeQuality: "medium" });
    made.set(key, small);
    paint(small, document.getElementById(canvas.id) ?? canvas);
  }).catch(() => made.delete(key));
}

/** The server is only asked for pictures of files that it has taken anyway. */
async function firstPage(one) {
  if (one.blob.type.startsWith("image/") && !/tiff|heic|heif/.test(one.blob.type)) return one.blob;
  return one.task?.state === "completed" ? api.result(one.task.pages[0].result) : null;
}

function paint(small, canvas) {
  const scale = Math.min(SIDE_PX / small.width, SIDE_PX / small.height, 1);
  canvas.width = Math.max(1, Math.round(small.width * scale));
  canvas.height = Math.max(1, Math.round(small.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  canvas.classList.add("painted");
}
