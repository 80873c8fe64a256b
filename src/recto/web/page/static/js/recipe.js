// The recipe: ordered steps, each a filter's name and the values that are not its defaults. Knows no page.

const KEPT = "recto.recipe";
const MAX_STEPS = 16;
const events = new EventTarget();
let catalogue = [];
let offered = [];
let steps = [];
let touched = false;
let numbers = 0;

export const onChange = (handler) => events.addEventListener("change", handler);
export const filters = () => catalogue;
export const presets = () => offered;
export const chain = () => steps;
export const filter = (name) => catalogue.find((one) => one.name === name);
export const full = () => steps.length >= MAX_STEPS;
/** Whether somebody made this recipe by hand. */
export const isOwn = () => touched;

/** The recipe as the API takes it. */
export const written = () => steps.map(({ name, values }) => ({ filter: name, ...values }));

function changed() {
  localStorage.setItem(KEPT, JSON.stringify({ recipe: written(), touched }));
  events.dispatchEvent(new Event("change"));
}

/** A recipe of the API as steps; filters that this server does not have are left out. */
function read(recipe) {
  return recipe
    .map((entry) => (typeof entry === "string" ? { filter: entry } : entry))
    .filter((entry) => filter(entry.filter))
    .map(({ filter: name, ...values }) => ({ id: (numbers += 1), name, values: unusual(name, values), open: false }));
}

/** Only what differs from the defaults and is known. */
function unusual(name, values) {
  const known = filter(name).parameters;
  return Object.fromEntries(Object.entries(values).filter(([key, value]) => key in known && value !== known[key].default));
}

/** Take what the server offers, and the recipe of last time. */
export function begin({ filters: found, presets: sets }) {
  catalogue = found;
  offered = sets;
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(KEPT));
  } catch {
    // Nothing that can be read.
  }
  touched = Boolean(kept?.touched);
  steps = read(Array.isArray(kept?.recipe) ? kept.recipe : (sets[0]?.recipe ?? []));
  changed();
}

const same = (one, other) => {
  const [a, b] = [Object.entries(one.values).sort(), Object.entries(other.values).sort()];
  return one.name === other.name && JSON.stringify(a) === JSON.stringify(b);
};

/** The name of the preset that this recipe is, or null. */
export function presetNow() {
  const found = offered.find((set) => {
    const there = read(set.recipe);
    return there.length === steps.length && there.every((step, k) => same(step, steps[k]));
  });
  return found?.name ?? null;
}

export function usePreset(name) {
  const set = offered.find((one) => one.name === name);
  if (!set) return;
  steps = read(set.recipe);
  touched = false;
  changed();
}

const edit = (act) => { act(); touched = true; changed(); };
const place = (id) => steps.findIndex((step) => step.id === id);

/** Add a step where it usually belongs: in the order of the catalogue. */
export function add(name) {
  const rank = (one) => catalogue.findIndex((each) => each.name === one);
  const before = steps.findIndex((step) => rank(step.name) > rank(name));
  const step = { id: (numbers += 1), name, values: {}, open: false };
  edit(() => steps.splice(before < 0 ? steps.length : before, 0, step));
  return step;
}

export const remove = (id) => edit(() => steps.splice(place(id), 1));
export const reset = (id) => edit(() => { steps[place(id)].values = {}; });

/** Move a step to a place, from 0. */
export const move = (id, to) => edit(() => {
  const [step] = steps.splice(place(id), 1);
  steps.splice(Math.max(0, Math.min(steps.length, to)), 0, step);
});

/** Set one parameter; the default, or undefined, takes it out again. Forms stay as they are. */
export function set(id, key, value) {
  const step = steps[place(id)];
  if (value === undefined || value === filter(step.name).parameters[key].default) delete step.values[key];
  else step.values[key] = value;
  touched = true;
  localStorage.setItem(KEPT, JSON.stringify({ recipe: written(), touched }));
  events.dispatchEvent(new CustomEvent("change", { detail: "value" }));
}
