/* The tablet's own store: entries not yet sent and the last pages, encrypted for one person.

A key belongs to one member and one session. The server hands it only to that member, and the
browser keeps it where no script can read it out. Without the key the rest is unreadable; it is
never deleted for that. */

const NAME = "holdspace-tablet";
const KEY_HOURS = 12;
const HOUR_MS = 3_600_000;

export const isPossible = () =>
  window.isSecureContext && "indexedDB" in window && !!window.crypto?.subtle;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opened;
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const made = request.result;
      made.createObjectStore("keys", { keyPath: "id" });
      made.createObjectStore("pages", { keyPath: "path" });
      const entries = made.createObjectStore("entries", { keyPath: "seq", autoIncrement: true });
      entries.createIndex("entry", "entry", { unique: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/* One transaction; it resolves when what was written is on the tablet's disk. */
async function within(name, mode, work) {
  const transaction = (await database()).transaction(name, mode, { durability: "strict" });
  const over = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  const result = await work(transaction.objectStore(name));
  await over;
  return result;
}

/* ------------------------------------------------------------ keys */

export async function keepKey({ member, session, name, key }) {
  const raw = Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0));
  const made = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  const until = Date.now() + KEY_HOURS * HOUR_MS;
  const id = `${member}:${session}`;
  await within("keys", "readwrite", (keys) => done(keys.put({ id, member, name, key: made, until })));
  return made;
}

export async function keyOf(member, session) {
  const found = await within("keys", "readonly", (keys) => done(keys.get(`${member}:${session}`)));
  return found && found.until > Date.now() ? found.key : null;
}

/* Whoever is not signed in here leaves no key behind; what they kept waits for them, unreadable. */
export async function forgetKeys(exceptOf = "") {
  await within("keys", "readwrite", async (keys) => {
    for (const one of await done(keys.getAll())) {
      if (one.member !== exceptOf || one.until <= Date.now()) keys.delete(one.id);
    }
  });
}

async function sealed(key, about, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = new TextEncoder().encode(about);
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain);
  return { iv, data };
}

async function unsealed(key, about, { iv, data }) {
  const additionalData = new TextEncoder().encode(about);
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, data);
  return JSON.parse(new TextDecoder().decode(plain));
}

/* ------------------------------------------------------------ entries */

/* Kept until the server has it. The same id again (a correction) keeps its place in the order. */
export async function keepEntry(key, { entry, member, session, store }, content) {
  const cipher = await sealed(key, entry, content);
  await within("entries", "readwrite", async (entries) => {
    const before = await done(entries.index("entry").get(entry));
    const row = { entry, member, session, store, refused: Boolean(content.errors), ...cipher };
    await done(entries.put(before ? { ...row, seq: before.seq } : row));
  });
}

export const rowsOf = (member) =>
  within("entries", "readonly", async (entries) =>
    (await done(entries.getAll())).filter((row) => row.member === member),
  );

/* The ids of what goes to the server by itself; one that it refused waits for its author. */
export async function sendingFromHere() {
  if (!isPossible()) return new Set();
  const rows = await within("entries", "readonly", (entries) => done(entries.getAll()));
  return new Set(rows.filter((row) => !row.refused).map((row) => row.entry));
}

export const readEntry = (key, row) => unsealed(key, row.entry, row);

export const removeEntry = (entry) =>
  within("entries", "readwrite", async (entries) => {
    const found = await done(entries.index("entry").getKey(entry));
    if (found !== undefined) await done(entries.delete(found));
  });

/* ------------------------------------------------------------ pages */

export async function keepPage(key, { path, member, session }, text) {
  const cipher = await sealed(key, path, text);
  await within("pages", "readwrite", (pages) => done(pages.put({ path, member, session, ...cipher })));
}

export async function readPage(key, path) {
  const row = await within("pages", "readonly", (pages) => done(pages.get(path)));
  try {
    return row ? await unsealed(key, path, row) : null;
  } catch {
    return null; // another person's, or another session's
  }
}
