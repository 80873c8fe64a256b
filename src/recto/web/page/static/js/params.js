// Forms made from the JSON schema of a filter's parameters.

import { h } from "./dom.js";
import { number, t, tOr } from "./i18n.js";
import * as recipe from "./recipe.js";

/** What a schema asks for: {kind, least, most, whole, optional, choices}. */
export function asked(schema) {
  const inner = schema.anyOf?.find((one) => one.type !== "null") ?? schema;
  const optional = Boolean(schema.anyOf?.some((one) => one.type === "null"));
  if (inner.enum) return { kind: "choice", choices: inner.enum, optional };
  if (inner.type === "boolean") return { kind: "switch", optional };
  if (inner.type === "number" || inner.type === "integer") {
    const least = inner.minimum ?? inner.exclusiveMinimum;
    const most = inner.maximum ?? inner.exclusiveMaximum;
    const open = inner.minimum === undefined && inner.exclusiveMinimum !== undefined;
    return { kind: "number", least, most, open, whole: inner.type === "integer", optional };
  }
  return { kind: "text", optional };
}

/** Why a number cannot be used, or an empty string. */
export function faultOf(text, ask) {
  if (text.trim() === "") return ask.optional ? "" : t("params.needed");
  const value = Number(text);
  const { least, most } = ask;
  const bad = !Number.isFinite(value) || (ask.whole && !Number.isInteger(value)) || value < least || value > most || (ask.open && value === least);
  return bad ? t(ask.whole ? "params.whole" : "params.range", { least: least ?? "−∞", most: most ?? "∞" }) : "";
}

/** The form of one step. */
export function form(step) {
  const { name, parameters } = recipe.filter(step.name);
  const fields = Object.entries(parameters).map(([key, schema]) => field(step, name, key, schema));
  const reset = h("button", { type: "button", class: "plain", onclick: () => recipe.reset(step.id) }, t("params.reset"));
  reset.hidden = !Object.keys(step.values).length;
  if (!fields.length) return h("p", { class: "hint" }, t("params.none"));
  const group = h("div", { class: "params", role: "group", "aria-label": t("params.of", { name: tOr(`filter.${name}`, name) }) }, fields, reset);
  group.addEventListener("input", () => { reset.hidden = !Object.keys(step.values).length; });
  return group;
}

function field(step, filterName, key, schema) {
  const ask = asked(schema);
  const id = `p-${step.id}-${key}`;
  const value = key in step.values ? step.values[key] : schema.default;
  const fault = h("p", { class: "fault", id: `${id}-fault`, hidden: true });
  const control = controls[ask.kind](ask, value, (next) => recipe.set(step.id, key, next), fault, id, filterName);
  const input = control.matches("input, select") ? control : control.querySelector("input");
  input.id = id;
  input.name = key;
  input.setAttribute("aria-describedby", `${id}-hint ${id}-fault`);
  const words = `param.${filterName}.${key}`;
  const label = h("label", { for: id }, tOr(words, schema.title ?? key));
  const hint = h("p", { class: "hint", id: `${id}-hint` }, tOr(`${words}.help`, schema.description ?? ""));
  return h("div", { class: `field ${ask.kind}` }, ask.kind === "switch" ? [control, label] : [label, control], hint, fault);
}

const controls = {
  choice(ask, value, set, fault, id, filterName) {
    const options = ask.choices.map((one) => h("option", { value: one, selected: one === value }, tOr(`value.${filterName}.${one}`, tOr(`value.${one}`, one))));
    return h("select", { oninput: (event) => set(event.target.value) }, options);
  },
  switch(ask, value, set) {
    return h("input", { type: "checkbox", checked: value, oninput: (event) => set(event.target.checked) });
  },
  text(ask, value, set) {
    return h("input", { type: "text", value: value ?? "", oninput: (event) => set(event.target.value || undefined) });
  },
  number(ask, value, set, fault, id) {
    if (ask.least === 0 && ask.most === 1 && !ask.optional) return slider(value, set, id);
    const oninput = (event) => {
      const text = event.target.value;
      const why = event.target.validity.badInput ? t("params.range", { least: ask.least, most: ask.most }) : faultOf(text, ask);
      fault.hidden = !why;
      fault.textContent = why;
      event.target.setAttribute("aria-invalid", String(Boolean(why)));
      if (!why) set(text.trim() === "" ? undefined : Number(text));
    };
    return h("input", {
      type: "number", step: ask.whole ? 1 : "any", min: ask.least, max: ask.most, value: value ?? "", inputmode: "decimal",
      placeholder: ask.optional ? t("params.automatic") : null, oninput,
    });
  },
};

/** A share from 0 to 1. */
function slider(value, set, id) {
  const output = h("output", { for: id }, number(value));
  const oninput = (event) => {
    output.textContent = number(Number(event.target.value));
    set(Number(event.target.value));
  };
  return h("span", { class: "slider" }, h("input", { type: "range", min: 0, max: 1, step: 0.05, value, oninput }), output);
}
