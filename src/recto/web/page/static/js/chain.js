// The recipe as a chain that can be seen, re-ordered and set.

import { $, announce, h, icon, iconButton } from "./dom.js";
import { sortable } from "./drag.js";
import { language, t, tOr } from "./i18n.js";
import { form } from "./params.js";
import * as recipe from "./recipe.js";

const nameOf = (step) => tOr(`filter.${step.name}`, step.name);

export function startChain() {
  sortable($("chain"), (child, place) => {
    const step = recipe.chain().find((one) => String(one.id) === child.dataset.step);
    recipe.move(step.id, place);
    sayPlace(step);
  });
  $("add-step").addEventListener("click", () => {
    const step = recipe.add($("add-filter").value);
    announce(t("recipe.added", { name: nameOf(step), place: recipe.chain().indexOf(step) + 1 }));
  });
  recipe.onChange((event) => (event.detail === "value" ? drawPresets() : draw()));
  language.addEventListener("change", draw);
  draw();
}

function sayPlace(step) {
  announce(t("recipe.moved", { name: nameOf(step), place: recipe.chain().indexOf(step) + 1, count: recipe.chain().length }));
}

function draw() {
  const focused = document.activeElement?.dataset?.focus;
  $("chain").replaceChildren(...recipe.chain().map(link));
  $("chain-empty").hidden = recipe.chain().length > 0;
  $("add-step").disabled = recipe.full();
  const chosen = $("add-filter").value;
  $("add-filter").replaceChildren(...recipe.filters().map((one) => h("option", { value: one.name, selected: one.name === chosen }, nameOf(one))));
  drawPresets();
  if (focused) focusOn(focused);
}

/** The same control of the same step; when it can no longer be pressed, the step's settings. */
function focusOn(key) {
  const there = document.querySelector(`[data-focus="${key}"]`);
  const target = there && !there.disabled ? there : document.querySelector(`[data-focus="tune-${key.split("-")[1]}"]`);
  (target ?? $("add-filter")).focus();
}

function drawPresets() {
  const now = recipe.presetNow();
  const focused = $("presets").contains(document.activeElement) ? document.activeElement.dataset.preset : null;
  const chips = recipe.presets().map(({ name }) =>
    h("button", { type: "button", class: "chip", "aria-pressed": String(name === now), "data-preset": name, onclick: () => recipe.usePreset(name) }, tOr(`preset.${name}`, name)));
  $("presets").replaceChildren(...chips);
  if (focused) chips.find((chip) => chip.dataset.preset === focused)?.focus();
}

function link(step, place) {
  const name = nameOf(step);
  const last = recipe.chain().length - 1;
  const panel = `settings-${step.id}`;
  const button = (glyph, words, act, disabled = false) =>
    iconButton(glyph, t(words, { name }), act, { disabled, "data-focus": `${glyph}-${step.id}` });
  const tune = button("tune", "recipe.settings", () => toggle(step));
  tune.setAttribute("aria-expanded", String(step.open));
  tune.setAttribute("aria-controls", panel);
  return h("li", { "data-step": step.id, class: "link" },
    h("div", { class: "head" },
      h("span", { class: "grip", "aria-hidden": "true" }, icon("grip")),
      h("span", { class: "name" }, h("strong", {}, name), h("span", { class: "hint" }, tOr(`filter.${step.name}.about`, recipe.filter(step.name).summary))),
      h("span", { class: "row tight" },
        button("up", "recipe.up", () => shift(step, place - 1), place === 0),
        button("down", "recipe.down", () => shift(step, place + 1), place === last),
        tune,
        button("close", "recipe.remove", () => removed(step)))),
    h("div", { id: panel, class: "settings", hidden: !step.open }, step.open ? form(step) : null));
}

function toggle(step) {
  step.open = !step.open;
  draw();
}

function shift(step, place) {
  recipe.move(step.id, place);
  sayPlace(step);
}

function removed(step) {
  const place = recipe.chain().indexOf(step);
  recipe.remove(step.id);
  announce(t("recipe.removed", { name: nameOf(step) }));
  const next = recipe.chain()[Math.min(place, recipe.chain().length - 1)];
  if (next) focusOn(`close-${next.id}`);
  else $("add-filter").focus();
}
