/* Stands between the medicine pages and the network: without it, the last page opens from here.

Styles, scripts and letters are kept as they are; a page is kept encrypted, with its person's key,
so that after signing off it can't be opened. Nothing is ever answered from here while the server
answers. Of a form that the network lost, nobody knows whether it arrived: it leads back to its page
where its entry is kept on this tablet, and otherwise to a page that says so. */

const ASSETS = "holdspace-assets";
const STORE = "holdspace-tablet";
const SESSION = /^\/medicine\/session\/([0-9a-f-]{36})\/$/;
const OF_SESSION = /^\/medicine\/session\/[0-9a-f-]{36}\//;
const TIMEOUT_MS = 8000;
const waiting = new Map(); // pages that were read before their key was here

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate" && request.method === "POST") {
    event.respondWith(send(request, url));
  } else if (request.mode === "navigate") {
    event.respondWith(OF_SESSION.test(url.pathname) ? navigate(event, url) : elsewhere(request));
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

async function ask(request, options) {
  const answer = await fetch(request, options);
  if (answer.status >= 502 && answer.status <= 504) throw new Error("nobody answers behind the proxy");
  return answer;
}

async function navigate(event, url) {
  const { request } = event;
  try {
    const answer = await ask(request, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (answer.ok && SESSION.test(url.pathname)) {
      const copy = answer.clone();
      event.waitUntil(copy.text().then((text) => keepPage(url.pathname, text, copy)));
    }
    return answer;
  } catch {
    return (await fromTablet(url.pathname)) ?? notHere();
  }
}

/* Any other page of the sessions: without the network it leads back to what this tablet has. */
async function elsewhere(request) {
  try {
    return await ask(request);
  } catch {
    return noNetwork();
  }
}

async function noNetwork() {
  const found = await Promise.all(((await readAll("pages")) ?? []).map(linkTo));
  const links = found.filter(Boolean);
  if (!links.length) return notHere();
  return plain("No network", `<p>The server does not answer. What you entered in a session is safe on this tablet, and is sent when it does.</p>
<h2>Back to the session</h2>
<ul>${links.join("")}</ul>
<p><a href="">Try again</a></p>`);
}

/* Whoever is signed in has its key; the person's number is all that is shown of them. */
async function linkTo({ path }) {
  if (!SESSION.test(path)) return "";
  const page = await fromTablet(path).catch(() => null);
  if (!page) return "";
  const number = (await page.text()).match(/<span class="muted num">(P-\d+)<\/span>/)?.[1] ?? "";
  return `<li><p><a href="${path}">Session ${number}</a></p></li>`;
}

async function send(request, url) {
  const copy = request.clone();
  try {
    return await ask(request);
  } catch {
    const page = url.pathname.match(OF_SESSION)?.[0];
    const entry = await copy.formData().then((fields) => fields.get("entry"), () => null);
    return page && entry && (await isKept(entry)) ? Response.redirect(page, 303) : mayBeLost(page);
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
  return plain("No connection", `<p>The server does not answer, and this page can’t be opened from this tablet: nobody is signed in on it, or it was never opened here.</p>
<p>What was charted here before is kept, and is sent when whoever wrote it signs in again. Write on the paper sheet meanwhile.</p>
<p><a href="">Try again</a></p>`);
}

function mayBeLost(session) {
  const link = session ? `<a href="${session}">Open the session</a>` : `<a href="/medicine/">Open today’s sessions</a>`;
  return plain("This may not have reached the server", `<p><strong>Look before you do it again.</strong></p>
<p>The connection went while it was sent. Nobody knows yet whether it counts, and this tablet keeps nothing of it. Without the network, write on the paper sheet what was done.</p>
<p>${link}</p>`);
}

function plain(title, words) {
  const text = `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="dark">
<title>${title}</title><h1>${title}</h1>
${words}</html>`;
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

const readAll = (name) => within(name, "readonly", (store) => store.getAll());
const read = (name, id) => within(name, "readonly", (store) => store.get(id));
const remove = (name, id) => within(name, "readwrite", (store) => store.delete(id));
const write = (name, row) => within(name, "readwrite", (store) => store.put(row));

/* An entry stands on this tablet before its form is sent. */
async function isKept(entry) {
  return Boolean(await within("entries", "readonly", (store) => store.index("entry").count(entry)));
}

async function keyOf(id) {
  const found = await read("keys", id);
  return found && found.until > Date.now() ? found.key : null;
}
