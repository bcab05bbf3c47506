/* Stands between the medicine pages and the network: without it, the last page opens from here.

Styles, scripts and letters are kept as they are; a page is kept encrypted, with its person's key,
so that after signing off it can't be opened. Nothing is ever answered from here while the server
answers. A form that the network lost is not lost: its entry was kept before it was sent. */

const ASSETS = "holdspace-assets";
const STORE = "holdspace-tablet";
const SESSION = /^\/medicine\/session\/([0-9a-f-]{36})\/$/;
const ACT = /^(\/medicine\/session\/[0-9a-f-]{36}\/)[a-z-]+\/$/;
const TIMEOUT_MS = 8000;
const waiting = new Map(); // pages that were read before their key was here

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate" && (SESSION.test(url.pathname) || ACT.test(url.pathname))) {
    event.respondWith(navigate(event, url));
  } else if (request.method === "GET" && url.pathname.startsWith("/static/")) {
    event.respondWith(asset(event));
  }
});

self.addEventListener("message", (event) => {
  const { keep, assets } = event.data ?? {};
  if (!keep) return;
  const both = Promise.all([keepNow(keep), keepAssets(assets ?? [])]);
  event.waitUntil(both.then(() => event.source.postMessage({ kept: keep })));
});

/* ------------------------------------------------------------ styles, scripts, letters */

async function asset({ request }) {
  const cache = await caches.open(ASSETS);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request.url, answer.clone());
    return answer;
  } catch {
    return (await cache.match(request.url)) ?? Response.error();
  }
}

async function keepAssets(urls) {
  const cache = await caches.open(ASSETS);
  for (const url of urls) {
    if (!(await cache.match(url))) await cache.add(url).catch(() => {});
  }
}

/* ------------------------------------------------------------ the page */

async function navigate(event, url) {
  const { request } = event;
  try {
    const limit = request.method === "GET" ? { signal: AbortSignal.timeout(TIMEOUT_MS) } : {};
    const answer = await fetch(request, limit);
    if (answer.status >= 502 && answer.status <= 504) throw new Error("nobody answers behind the proxy");
    if (answer.ok && request.method === "GET" && SESSION.test(url.pathname)) {
      const copy = answer.clone();
      event.waitUntil(copy.text().then((text) => keepPage(url.pathname, text, copy)));
    }
    return answer;
  } catch {
    const form = url.pathname.match(ACT);
    if (form && !SESSION.test(url.pathname) && request.method === "POST") {
      return Response.redirect(form[1], 303);
    }
    return (await fromTablet(url.pathname)) ?? notHere();
  }
}

async function keepPage(path, text, answer) {
  const member = text.match(/<meta name="member" content="([0-9a-f-]{36})">/)?.[1];
  const session = path.match(SESSION)?.[1];
  if (!member) return;
  const key = await keyOf(`${member}:${session}`);
  if (!key) {
    waiting.set(path, { text, answer });
    return;
  }
  waiting.delete(path);
  const policy = answer.headers.get("Content-Security-Policy");
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = new TextEncoder().encode(path);
  const plain = new TextEncoder().encode(JSON.stringify(text));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain);
  await write("pages", { path, member, session, iv, data, policy });
  await remove("pages", `${path}live/`); // older than this page
}

/* The page has its key now: keep what was read before, or read it once more. */
async function keepNow(path) {
  const held = waiting.get(path);
  if (held) return keepPage(path, held.text, held.answer);
  if (await read("pages", path)) return undefined;
  const answer = await fetch(path, { headers: { "X-Background": "1" }, redirect: "manual" });
  return answer.ok ? keepPage(path, await answer.text(), answer) : undefined;
}

async function fromTablet(path) {
  const row = await read("pages", path);
  const key = row && (await keyOf(`${row.member}:${row.session}`));
  if (!key) return null;
  const additionalData = new TextEncoder().encode(path);
  const { iv, data, policy } = row;
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, data);
  const text = JSON.parse(new TextDecoder().decode(plain)).replace("<html ", "<html data-kept ");
  const headers = { "Content-Type": "text/html; charset=utf-8" };
  if (policy) headers["Content-Security-Policy"] = policy;
  return new Response(text, { headers });
}

function notHere() {
  const text = `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="dark light">
<title>No connection</title><h1>No connection</h1>
<p>The server does not answer, and this page can’t be opened from this tablet: nobody is signed in on it, or it was never opened here.</p>
<p>What was charted here before is kept, and is sent when whoever wrote it signs in again. Write on the paper sheet meanwhile.</p>
<p><a href="">Try again</a></p></html>`;
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'" };
  return new Response(text, { status: 503, headers });
}

/* ------------------------------------------------------------ the store, as keep/store.js makes it */

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(STORE);
    // The page makes the store; before it has, there is nothing to read.
    request.onupgradeneeded = () => request.transaction.abort();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function within(name, mode, work) {
  let database;
  try {
    database = await open();
  } catch {
    return undefined;
  }
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, mode);
    const request = work(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  }).finally(() => database.close());
}

const read = (name, id) => within(name, "readonly", (store) => store.get(id));
const remove = (name, id) => within(name, "readwrite", (store) => store.delete(id));
const write = (name, row) => within(name, "readwrite", (store) => store.put(row));

async function keyOf(id) {
  const found = await read("keys", id);
  return found && found.until > Date.now() ? found.key : null;
}
