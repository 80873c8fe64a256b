// The web page: what is started, in order.

import * as api from "./api.js";
import { startChain } from "./chain.js";
import { $, trouble } from "./dom.js";
import { current, preferred, speak, tOr } from "./i18n.js";
import { startIntake } from "./intake.js";
import { empty } from "./keep.js";
import { startList } from "./list.js";
import { recall, startLive } from "./live.js";
import * as recipe from "./recipe.js";
import { openSession, startSession } from "./session.js";
import { setRecipe } from "./submit.js";
import { startTheme } from "./theme.js";
import { startViewer } from "./viewer.js";

const AGAIN_S = 3;

async function start() {
  startTheme();
  await untilAnswered(() => speak(preferred()));
  $("language").value = current();
  $("language").addEventListener("change", () => speak($("language").value, true).catch(said));
  startSession(empty);
  await untilAnswered(openSession);
  recipe.begin(await untilAnswered(api.filters));
  setRecipe(recipe.written);
  $("app").hidden = false;
  startChain();
  startIntake();
  startList();
  startViewer();
  await untilAnswered(recall);
  startLive();
  document.documentElement.dataset.started = "yes";
}

/** Show what went wrong; the words for it may be what is missing. */
function said(fault) {
  trouble(fault.status === 0 || fault.status >= 500 ? tOr("fault.unreachable", fault.message) : fault.message);
}

/** The server may still be starting: ask until it answers. */
async function untilAnswered(act) {
  for (;;) {
    try {
      const answer = await act();
      trouble();
      return answer;
    } catch (fault) {
      if (!(fault instanceof api.Refusal)) throw fault;
      said(fault);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_S * 1000));
    }
  }
}

start().catch((fault) => {
  trouble(String(fault.message ?? fault));
  throw fault;
});
