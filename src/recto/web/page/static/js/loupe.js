// A magnifying glass over the stage: the same place before (left half) and after (right half).

import { h } from "./dom.js";

const SIDE_PX = 220;
const TIMES = 3;

export class Loupe extends EventTarget {
  constructor(stage) {
    super();
    this.stage = stage;
    this.shown = false;
    this.point = null;
    this.canvas = h("canvas", { class: "loupe", hidden: true, "aria-hidden": "true" });
    stage.root.append(this.canvas);
    stage.addEventListener("layout", () => this.draw());
  }

  toggle() {
    this.shown = !this.shown;
    this.canvas.hidden = !this.shown;
    if (this.shown) this.rest();
    this.dispatchEvent(new Event("toggle"));
  }

  /** Back to the middle, so that it can be seen without a pointer. */
  rest() {
    const [width, height] = this.stage.paneSize();
    this.point = [width / 2, height / 2];
    this.draw();
  }

  moveTo(x, y) {
    if (!this.shown) return;
    this.point = [x, y];
    this.draw();
  }

  step(dx, dy) {
    const { clientWidth, clientHeight } = this.stage.root;
    const within = (value, most) => Math.max(0, Math.min(most - 1, value));
    this.moveTo(within(this.point[0] + dx, clientWidth), within(this.point[1] + dy, clientHeight));
  }

  draw() {
    const { stage, canvas } = this;
    if (!this.shown || !stage.sides.length) return;
    const side = Math.min(SIDE_PX, stage.root.clientWidth * 0.6);
    const dense = devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(side * dense);
    canvas.style.width = canvas.style.height = `${side}px`;
    canvas.style.left = `${this.point[0] - side / 2}px`;
    canvas.style.top = `${this.point[1] - side / 2}px`;
    const context = canvas.getContext("2d");
    const share = stage.shareAt(...this.point);
    const shown = stage.sides;
    shown.forEach((one, k) => this.half(context, one, share, k / shown.length, (k + 1) / shown.length));
    if (shown.length === 2) {
      context.fillStyle = "#1f5fa8";
      context.fillRect(canvas.width / 2 - dense / 2, 0, dense, canvas.height);
    }
  }

  /** One picture, around its share (x, y), between two shares of the glass's width. */
  half(context, one, [x, y], from, to) {
    const side = context.canvas.width;
    const scale = this.stage.scale(one) * TIMES * (devicePixelRatio || 1);
    context.save();
    context.beginPath();
    context.rect(from * side, 0, (to - from) * side, side);
    context.clip();
    context.fillStyle = "#808080";
    context.fillRect(0, 0, side, side);
    context.imageSmoothingEnabled = scale < 3;
    context.imageSmoothingQuality = "high";
    const { naturalWidth: w, naturalHeight: h_ } = one.img;
    // Only what is seen: drawing a whole large page for each move of the mouse is slow.
    const [left, top, wide] = [x * w - side / 2 / scale, y * h_ - side / 2 / scale, side / scale];
    const [l, u] = [Math.max(0, Math.floor(left)), Math.max(0, Math.floor(top))];
    const [r, d] = [Math.min(w, Math.ceil(left + wide)), Math.min(h_, Math.ceil(top + wide))];
    if (r > l && d > u) context.drawImage(one.img, l, u, r - l, d - u, (l - left) * scale, (u - top) * scale, (r - l) * scale, (d - u) * scale);
    context.restore();
  }
}
