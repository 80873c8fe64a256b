// Light and dark: as the system is, until the reader says otherwise.

import { $, icon } from "./dom.js";

const KEPT = "recto.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function apply() {
  const chosen = localStorage.getItem(KEPT);
  const dark = chosen ? chosen === "dark" : system.matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").setAttribute("aria-pressed", String(dark));
}

export function startTheme() {
  $("theme").append(icon("moon"));
  $("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme === "dark";
    const wanted = dark ? "light" : "dark";
    if ((wanted === "dark") === system.matches) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, wanted);
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}
