/* Sends what this tablet kept: in order, each until the server says that it is on record. */

import { background, clockAhead, measureClock, meta } from "../page.js";
import { keepEntry, keepKey, keyOf, readEntry, removeEntry, rowsOf } from "./store.js";

const TIMEOUT_MS = 10_000;
let token = meta("csrf-token");

/* What stands between this tablet and the server: "", "away" or "sign_in". */
let trouble = "";
export const whatStops = () => trouble;

const signedOff = (answer) => answer.type === "opaqueredirect" || answer.status === 401;

/* The store's key, a fresh token and the server's time. Null when nobody may be told. */
export async function contact(storeUrl, session) {
  const asked = Date.now();
  let answer;
  try {
    answer = await background(storeUrl, { timeout: TIMEOUT_MS });
  } catch {
    trouble = "away";
    return null;
  }
  if (!answer.ok) {
    trouble = signedOff(answer) ? "sign_in" : "away";
    return null;
  }
  measureClock(answer, asked);
  const said = await answer.json();
  token = said.csrf;
  if (said.member !== meta("member")) {
    trouble = "sign_in";
    return null;
  }
  trouble = "";
  return { ...said, key: await keepKey({ ...said, session }) };
}

export async function keyFor(row) {
  return (await keyOf(row.member, row.session)) ?? (await contact(row.store, row.session))?.key;
}

async function post(url, fields, { touch }) {
  const headers = { "X-Keep": "1", "X-CSRFToken": token };
  if (!touch) headers["X-Background"] = "1";
  return fetch(url, {
    method: "POST",
    headers,
    body: new URLSearchParams(fields),
    credentials: "same-origin",
    cache: "no-store",
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

export const around = (row, content) => [
  ["entry", row.entry],
  ["entry_by", row.member],
  ["made_at", content.made_at],
  ["clock_ahead_ms", content.ahead],
  ["clock_ahead_later_ms", clockAhead()],
  ["draft_key", content.draft],
].filter(([, value]) => value !== null && value !== undefined);

/* One entry: what came of it. "done" and "other_body" are on record; the rest stays here. */
async function sendOne(row, content, options) {
  const fields = [...content.fields, ...around(row, content)];
  let answer = await post(content.url, fields, options);
  if (answer.status === 403 && (await contact(row.store, row.session))) {
    answer = await post(content.url, fields, options);
  }
  if (signedOff(answer) || answer.status === 403) return { state: "sign_in" };
  if (answer.status === 404) {
    const said = "Your role does not chart this here.";
    return { state: "not_accepted", errors: [{ field: "", label: "", said }] };
  }
  if (answer.status >= 500 || answer.status === 429) return { state: "away" };
  return answer.json();
}

/* Sends what can be sent; resolves to what came of each, by its id. `attended` is the entry that a
person has just made and waits for: sending it is a touch, sending the others is not. */
export function sendAll(attended = "") {
  const work = () => sendInOrder(attended);
  return navigator.locks ? navigator.locks.request("holdspace-send", work) : work();
}

async function sendInOrder(attended) {
  const came = new Map();
  for (const row of await rowsOf(meta("member"))) {
    const key = await keyFor(row);
    if (!key) break;
    const content = await readEntry(key, row);
    if (content.errors && row.entry !== attended) continue;
    let what;
    try {
      what = await sendOne(row, content, { touch: row.entry === attended });
    } catch {
      what = { state: "away" };
    }
    came.set(row.entry, what);
    if (what.state === "away" || what.state === "sign_in") {
      trouble = what.state;
      break;
    }
    trouble = "";
    if (what.state === "not_accepted") await keepEntry(key, row, { ...content, errors: what.errors });
    else await removeEntry(row.entry);
  }
  return came;
}

/* Its author gives an entry up that was not accepted; the server keeps what it said, and why. */
export async function setAside(row, content, url, why) {
  const fields = [...content.fields, ...around(row, content)];
  fields.push(["set_aside_act", content.act], ["set_aside_why", why]);
  const answer = await post(url, fields, { touch: true });
  if (answer.ok) await removeEntry(row.entry);
  else if (signedOff(answer)) return "Sign in again first.";
  else if (answer.status !== 422) return "The server did not answer. It stays here.";
  else return (await answer.json()).errors.map((error) => error.said).join(" ");
  return "";
}
