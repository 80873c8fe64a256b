// The native API, as this page uses it.

/** A refusal: `message` is what the server says, in English; `status` 0 means that nobody answered. */
export class Refusal extends Error {
  constructor(status, message, code = "", retryAfterS = 0) {
    super(message);
    Object.assign(this, { status, code, retryAfterS });
  }
}

let renew = async () => false;
/** What to do when the session is over: gives true when there is a new one. */
export function whenSessionEnds(handler) {
  renew = handler;
}

async function ask(path, options = {}, again = true) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (fault) {
    throw unanswered(fault);
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && again && (await renew())) return ask(path, options, false);
  let told = {};
  try {
    told = await answer.json();
  } catch {
    // An answer of something in between, such as a proxy.
  }
  throw new Refusal(answer.status, told.detail ?? answer.statusText, told.code ?? "", Number(answer.headers.get("retry-after")) || 0);
}

/** What to throw when the way to the server breaks. */
function unanswered(fault) {
  return fault instanceof TypeError ? new Refusal(0, String(fault.message), "no-answer") : fault;
}

/** What an answer holds; it may break off half way. */
async function held(answer, kind) {
  try {
    return await answer[kind]();
  } catch (fault) {
    throw unanswered(fault);
  }
}

/** What comes with the page itself: words, samples. */
export const asset = async (address, kind) => held(await ask(address, { cache: "default" }, false), kind);

const json = async (path, options, again) => held(await ask(path, options, again), "json");

export const filters = () => json("/v1/filters");

/** The tasks of this client, newest first. */
export const tasks = (cursor = null, limit = 100) =>
  json(`/v1/tasks?limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);

/** Whether there is a session already. */
export async function known() {
  try {
    await ask("/v1/tasks?limit=1", {}, false);
    return true;
  } catch (fault) {
    if (fault instanceof Refusal && [401, 403].includes(fault.status)) return false;
    throw fault;
  }
}

/** Start a task; the same key twice gives the same task. */
export function submit(blob, recipe, name, key) {
  const query = new URLSearchParams({ recipe: JSON.stringify(recipe), name });
  return json(`/v1/tasks?${query}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream", "Idempotency-Key": key },
    body: blob,
  });
}

export const task = (id, waitS = 0) => json(`/v1/tasks/${id}${waitS ? `?wait=${waitS}` : ""}`);
export const result = async (path) => held(await ask(path, { cache: "default" }), "blob");

/** Delete a task, also when the page is left meanwhile; one that is gone already is no fault. */
export async function remove(id) {
  try {
    await ask(`/v1/tasks/${id}`, { method: "DELETE", keepalive: true });
  } catch (fault) {
    if (!(fault instanceof Refusal && fault.status === 404)) throw fault;
  }
}

const post = (path, body = {}) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }, false);

export const localSession = () => post("/session/local");
export const signIn = (clientId, secret) => post("/session", { client_id: clientId, client_secret: secret });
export const signOut = () => ask("/session", { method: "DELETE" }, false);
