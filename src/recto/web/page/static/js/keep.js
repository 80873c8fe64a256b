// The originals, kept in this browser, so that a reload can still compare. Without a store the page works on.

const NAME = "recto";
const STORE = "pages";
let opened = null;

function database() {
  opened ??= new Promise((resolve) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
    request.onblocked = () => resolve(null);
  });
  return opened;
}

async function within(mode, act, otherwise) {
  try {
    const there = await database();
    if (!there) return otherwise;
    return await new Promise((resolve) => {
      const transaction = there.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request?.result ?? otherwise);
      transaction.onerror = () => resolve(otherwise);
      transaction.onabort = () => resolve(otherwise);
    });
  } catch {
    return otherwise;
  }
}

/** Keep what is needed to go on after a reload: `{id, name, blob, taskId, key, steps, order}`. */
export const keep = ({ id, name, blob, taskId = null, key = null, steps = null, order }) =>
  blob ? within("readwrite", (store) => store.put({ id, name, blob, taskId, key, steps, order })) : Promise.resolve();
export const drop = (id) => within("readwrite", (store) => store.delete(id));
export const everything = () => within("readonly", (store) => store.getAll(), []);
export const empty = () => within("readwrite", (store) => store.clear());
