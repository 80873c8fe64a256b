// A session: of the first client on one's own machine, with id and secret elsewhere.

import * as api from "./api.js";
import { $ } from "./dom.js";
import { t } from "./i18n.js";

const SIGNED_IN = "recto.signed-in";
let waiting = null;

/** Resolves when there is a session; shows the form when one is needed. */
export async function openSession() {
  if (!(await api.known()) && !(await local())) await form();
  $("sign-out").hidden = !localStorage.getItem(SIGNED_IN);
}

async function local() {
  try {
    await api.localSession();
    localStorage.removeItem(SIGNED_IN);
    return true;
  } catch (fault) {
    if (fault.status >= 400 && fault.status < 500) return false;
    throw fault;
  }
}

/** The form; one at a time. */
function form() {
  waiting ??= new Promise((resolve) => {
    const view = $("sign-in");
    const was = document.activeElement;
    const app = $("app");
    const wasHidden = app.hidden;
    view.hidden = false;
    app.hidden = true;
    $("client-id").focus();
    view.onsubmit = async (event) => {
      event.preventDefault();
      if (await tried()) {
        view.hidden = true;
        app.hidden = wasHidden;
        if (!wasHidden) was?.focus();
        waiting = null;
        resolve();
      }
    };
  });
  return waiting;
}

async function tried() {
  const fault = $("sign-in-fault");
  const button = $("sign-in").querySelector("button");
  fault.hidden = true;
  button.disabled = true;
  try {
    await api.signIn($("client-id").value.trim(), $("client-secret").value.trim());
    $("client-secret").value = "";
    localStorage.setItem(SIGNED_IN, "yes");
    return true;
  } catch (refusal) {
    fault.hidden = false;
    if (refusal.status === 429) fault.textContent = t("session.slow", { seconds: refusal.retryAfterS || 60 });
    else if (refusal.status >= 400 && refusal.status < 500) fault.textContent = t("session.wrong");
    else fault.textContent = t("fault.unreachable");
    $("client-secret").focus();
    return false;
  } finally {
    button.disabled = false;
  }
}

export function startSession(forget) {
  api.whenSessionEnds(async () => {
    if (!(await local())) await form();
    return true;
  });
  $("sign-out").addEventListener("click", async () => {
    await api.signOut();
    localStorage.removeItem(SIGNED_IN);
    await forget();
    location.reload();
  });
}
