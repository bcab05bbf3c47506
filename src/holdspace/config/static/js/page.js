/* What every module asks of the page: the server's time, the clinic's zone, a background request. */

export const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

const serverNow = Date.parse(meta("server-now"));
const startedAt = performance.now();

/* The server's clock, carried forward by a monotonic one: a wrong tablet clock changes nothing. */
export const now = () =>
  Number.isNaN(serverNow) ? Date.now() : serverNow + (performance.now() - startedAt);

export function clockTime(milliseconds, { seconds = false } = {}) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (seconds) options.second = "2-digit";
  const timeZone = meta("time-zone") || undefined;
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone }).format(milliseconds);
}

/* A request that the person did not make: it never keeps a sign-in alive. */
export function background(url, { method = "GET", body } = {}) {
  const headers = { "X-Background": "1", "X-Requested-With": "fetch" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = meta("csrf-token");
  return fetch(url, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-store",
    redirect: "manual",
  });
}

export function say(text) {
  const region = document.getElementById("live-region");
  if (region) region.textContent = text;
}

export function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
