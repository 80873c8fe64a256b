// Elements, made without markup in strings.

export const $ = (id) => document.getElementById(id);

/** An element with attributes, listeners (onclick: …) and children; null and false are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  dress(element, attributes);
  element.append(...children.flat(3).filter((child) => child !== null && child !== false && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  dress(element, attributes);
  element.append(...children);
  return element;
}

function dress(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
}

const PATHS = {
  up: "M4 10l4-4 4 4", down: "M4 6l4 4 4-4", left: "M10 4l-4 4 4 4", right: "M6 4l4 4-4 4",
  close: "M4 4l8 8M12 4l-8 8", plus: "M8 3v10M3 8h10", minus: "M3 8h10",
  grip: "M6 4v.01M10 4v.01M6 8v.01M10 8v.01M6 12v.01M10 12v.01",
  tune: "M2 5h7M12.5 5H14M2 11h1.5M7 11h7M10.7 3.2a1.8 1.8 0 110 3.6 1.8 1.8 0 010-3.6M5.3 9.2a1.8 1.8 0 110 3.6 1.8 1.8 0 010-3.6",
  download: "M8 2v8M4.5 7L8 10.5 11.5 7M3 13.5h10", moon: "M13 9.5A5.5 5.5 0 016.5 3 5.5 5.5 0 1013 9.5z",
  loupe: "M7 2.5a4.5 4.5 0 110 9 4.5 4.5 0 010-9M10.3 10.3L14 14", fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  page: "M4 2h5l3 3v9H4zM9 2v3h3",
};

/** A small line drawing; decoration only. */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "glyph", "aria-hidden": "true", focusable: "false" }, svg("path", { d: PATHS[name] }));
}

/** A button with a drawing whose name is said to those who do not see it. */
export function iconButton(name, label, onclick, more = {}) {
  return h("button", { type: "button", class: "icon", "aria-label": label, title: label, onclick, ...more }, icon(name));
}

/** Say something to those who listen. */
let saying = 0;
export function announce(text) {
  const place = $("announce");
  clearTimeout(saying);
  place.textContent = "";
  saying = setTimeout(() => { place.textContent = text; }, 60);
}

/** One short sentence above everything, or nothing. */
export function trouble(text = "") {
  const place = $("trouble");
  place.hidden = !text;
  place.textContent = text;
}
