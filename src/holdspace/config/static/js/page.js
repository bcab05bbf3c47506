/* What every module asks of the page: the server's time, the clinic's zone, a background request. */

export const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/* A page that was kept on this tablet is read without the server, perhaps much later. */
export const isKept = document.documentElement.hasAttribute("data-kept");

/* How far this tablet's clock is ahead of the server's, in milliseconds, as last measured. */
const AHEAD = "holdspace-clock-ahead";
function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // private windows may refuse storage
  }
}
let ahead = remembered(AHEAD) === null ? null : Number(remembered(AHEAD));
export const clockAhead = () => ahead;

/* The server's clock, carried forward by a monotonic one: a wrong tablet clock changes nothing. */
let anchor = isKept ? Date.now() - (ahead ?? 0) : Date.parse(meta("server-now"));
let anchoredAt = performance.now();
export const now = () =>
  Number.isNaN(anchor) ? Date.now() : anchor + (performance.now() - anchoredAt);

/* Every answer that says the server's time sets the clock right, and says how far ours is off.
   How long a question was held before it was read is no part of the way there and back. */
export function measureClock(answer, askedAt) {
  const said = Date.parse(answer.headers.get("X-Server-Now") ?? "");
  if (Number.isNaN(said)) return;
  const heldMs = Number(answer.headers.get("X-Held-Ms")) || 0;
  const middle = (askedAt + heldMs + Date.now()) / 2;
  ahead = Math.round(middle - said);
  anchor = said + (Date.now() - middle);
  anchoredAt = performance.now();
  try {
    localStorage.setItem(AHEAD, String(ahead));
  } catch {
    /* Then the difference is measured again by the next page. */
  }
}

export function clockTime(milliseconds, { seconds = false } = {}) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (seconds) options.second = "2-digit";
  const timeZone = meta("time-zone") || undefined;
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone }).format(milliseconds);
}

/* A moment as a datetime-local field holds it, on the clinic's wall; and back. */
export function wallTime(milliseconds) {
  const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
  const timeZone = meta("time-zone") || undefined;
  const said = new Intl.DateTimeFormat("sv-SE", { ...parts, hourCycle: "h23", timeZone }).format(milliseconds);
  return said.replace(" ", "T");
}

export function momentOf(wall) {
  const wanted = Date.parse(`${wall}Z`);
  let found = wanted;
  // The second round is for a zone that changes its clocks between the guess and the moment.
  for (let round = 0; round < 2; round += 1) found += wanted - Date.parse(`${wallTime(found)}Z`);
  return found;
}

/* A request that the person did not make: it never keeps a sign-in alive. */
export function background(url, { method = "GET", body, timeout, tag, wait } = {}) {
  const headers = { "X-Background": "1", "X-Requested-With": "fetch" };
  if (tag) headers["If-None-Match"] = tag;
  if (tag && wait) headers.Prefer = `wait=${wait}`; // seconds that the server may hold the question
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = meta("csrf-token");
  return fetch(url, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-store",
    redirect: "manual",
    signal: timeout ? AbortSignal.timeout(timeout) : undefined,
  });
}

/* A random id. crypto.randomUUID needs a secure context; a clinic's plain network may have none. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

/* While a layer lies over the page, nothing behind it is read out. */
export function say(text) {
  const inLayer = document.querySelector("dialog:modal [data-say]");
  const region = inLayer ?? document.getElementById("live-region");
  if (region) region.textContent = text;
}

export function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/* The form's hidden field of this name, made where it has none. */
export function hiddenField(form, name) {
  if (form.elements[name]) return form.elements[name];
  const field = Object.assign(element("input", ""), { type: "hidden", name });
  form.append(field);
  return field;
}
