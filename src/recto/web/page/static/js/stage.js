// Two pictures on one stage: laid over each other with a divider, or side by side; zoomed and moved in step.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const MOST_ZOOM = 40;

/**
 * A stage inside `root`.
 *
 * The view is `{zoom, x, y}`: zoom 1 fits the picture in; (x, y), from 0 to 1, is the point of the picture in the middle.
 * Each picture has its own size, so shares are what they have in common.
 */
export class Stage extends EventTarget {
  constructor(root) {
    super();
    this.root = root;
    this.view = { zoom: 1, x: 0.5, y: 0.5 };
    this.split = 0.5;
    this.mode = "slider";
    this.before = side("before");
    this.after = side("after");
    this.divider = h("div", { class: "divider", role: "slider", tabindex: "0", "aria-orientation": "horizontal", "aria-valuemin": "0", "aria-valuemax": "100" }, h("span", { class: "knob", "aria-hidden": "true" }));
    root.replaceChildren(this.before.pane, this.after.pane, this.divider);
    new ResizeObserver(() => this.layout()).observe(root);
  }

  /** The pictures, as addresses or null, and an SVG to lie over the one before. */
  async show(before, after) {
    await Promise.all([load(this.before, before), load(this.after, after)]);
    this.layout();
  }

  get both() {
    return this.before.here && this.after.here;
  }

  get sides() {
    return [this.before, this.after].filter((one) => one.here);
  }

  setMode(mode) {
    this.mode = mode;
    this.layout();
  }

  mark(drawing) {
    this.before.pane.querySelector("svg")?.remove();
    this.before.drawing = drawing;
    if (drawing) this.before.pane.append(drawing);
    this.layout();
  }

  /** Width and height of one picture's pane. */
  paneSize() {
    const { clientWidth, clientHeight } = this.root;
    return [this.both && this.mode === "side" ? clientWidth / 2 : clientWidth, clientHeight];
  }

  /** CSS pixels per sample of a picture. */
  scale(one) {
    const [width, height] = this.paneSize();
    return Math.min(width / one.img.naturalWidth, height / one.img.naturalHeight) * this.view.zoom;
  }

  /** The zoom at which a sample of the result is a pixel of the screen. */
  get actual() {
    const one = this.after.here ? this.after : this.before;
    return one.here ? this.view.zoom / (this.scale(one) * devicePixelRatio) : 1;
  }

  layout() {
    const [width, height] = this.paneSize();
    const over = this.both && this.mode === "slider";
    this.root.dataset.mode = this.both ? this.mode : "one";
    this.root.classList.toggle("zoomed", this.view.zoom > 1.001);
    for (const one of [this.before, this.after]) {
      one.pane.hidden = !one.here;
      if (!one.here) continue;
      one.pane.style.width = `${width}px`;
      one.pane.style.left = one === this.after && this.both && !over ? `${width}px` : "0";
      const scale = this.scale(one);
      const [w, h_] = [one.img.naturalWidth * scale, one.img.naturalHeight * scale];
      for (const element of [one.img, one.drawing].filter(Boolean)) {
        element.style.width = `${w}px`;
        element.style.height = `${h_}px`;
        element.style.transform = `translate(${width / 2 - this.view.x * w}px, ${height / 2 - this.view.y * h_}px)`;
      }
      one.img.classList.toggle("grainy", scale * devicePixelRatio >= 2);
    }
    this.after.pane.style.clipPath = over ? `inset(0 0 0 ${this.split * 100}%)` : "";
    this.before.pane.style.clipPath = over ? `inset(0 ${(1 - this.split) * 100}% 0 0)` : "";
    this.divider.hidden = !over;
    this.divider.style.left = `${this.split * 100}%`;
    const share = Math.round(this.split * 100);
    this.divider.setAttribute("aria-valuenow", String(share));
    this.divider.setAttribute("aria-valuetext", t("view.split", { share }));
    this.divider.setAttribute("aria-label", t("view.divider"));
    this.before.img.alt = t("view.before");
    this.after.img.alt = t("view.after");
    for (const one of [this.before, this.after]) one.label.textContent = one.img.alt;
    this.dispatchEvent(new Event("layout"));
  }

  setSplit(split) {
    this.split = Math.min(1, Math.max(0, split));
    this.layout();
  }

  fit() {
    this.look({ zoom: 1, x: 0.5, y: 0.5 });
  }

  /** Zoom to a value and keep the point of the stage (in CSS pixels from its corner) where it is. */
  zoomTo(zoom, at = null) {
    const one = this.sides[0];
    if (!one) return;
    const next = Math.min(MOST_ZOOM, Math.max(Math.min(1, this.actual), zoom));
    if (!at) {
      this.look({ ...this.view, zoom: next });
      return;
    }
    const [width, height] = this.paneSize();
    const [dx, dy] = [(at[0] % width) - width / 2, at[1] - height / 2];
    const before = this.scale(one);
    const after = (before / this.view.zoom) * next;
    const shift = (distance, size) => distance / (size * before) - distance / (size * after);
    this.look({ zoom: next, x: this.view.x + shift(dx, one.img.naturalWidth), y: this.view.y + shift(dy, one.img.naturalHeight) });
  }

  /** Move the picture by CSS pixels. */
  pan(dx, dy) {
    const one = this.sides[0];
    if (!one) return;
    const scale = this.scale(one);
    this.look({ ...this.view, x: this.view.x - dx / (one.img.naturalWidth * scale), y: this.view.y - dy / (one.img.naturalHeight * scale) });
  }

  look({ zoom, x, y }) {
    const inside = (share) => (zoom <= 1 ? 0.5 : Math.min(1, Math.max(0, share)));
    this.view = { zoom, x: inside(x), y: inside(y) };
    this.layout();
  }

  /** The share of the picture under a point of the stage. */
  shareAt(px, py) {
    const [width, height] = this.paneSize();
    const one = this.sides[0];
    const scale = this.scale(one);
    return [
      this.view.x + ((px % width) - width / 2) / (one.img.naturalWidth * scale),
      this.view.y + (py - height / 2) / (one.img.naturalHeight * scale),
    ];
  }
}

function side(name) {
  const img = h("img", { alt: "", draggable: "false" });
  const label = h("span", { class: "tag", "aria-hidden": "true" });
  return { img, label, here: false, drawing: null, pane: h("div", { class: `pane ${name}`, hidden: true }, img, label) };
}

async function load(one, address) {
  if (!address) {
    one.here = false;
    one.img.removeAttribute("src");
    return;
  }
  if (one.img.src !== address) {
    one.img.src = address;
    try {
      await one.img.decode();
    } catch {
      // The address was let go, or this is no picture after all.
    }
  }
  one.here = one.img.naturalWidth > 0;
}
