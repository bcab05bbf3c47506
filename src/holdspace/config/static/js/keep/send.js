/* Sends what this tablet kept: in order, each until the server says that it is on record. */

import { background, clockAhead, measureClock, meta } from "../page.js";
import { keepEntry, keepKey, keyOf, readEntry, removeEntry, rowsOf } from "./store.js";

const TIMEOUT_MS = 10_000;
let token = meta("csrf-token");

/* What stands between this tablet and the server: "", "away" or "sign_in". */
let trouble = "";
export const whatStops = () => trouble;

/* Answers of an entry by itself; whatever else stops it stops no other. */
const ANSWERS = new Set(["done", "other_body", "not_accepted", "sign_in"]);
const ON_RECORD = new Set(["done", "other_body"]);

const signedOff = (answer) => answer.type === "opaqueredirect" || answer.status === 401;
const isAway = ({ ok, status }) => ok || status === 408 || status === 429 || (status >= 502 && status <= 504);

/* The store's key, a fresh token and the server's time. Null when nobody may be told: away, signed
off, or (with no trouble) because this session is not open to whoever is signed in. */
export async function contact(storeUrl, session) {
  const asked = Date.now();
  let said = null;
  try {
    const answer = await background(storeUrl, { timeout: TIMEOUT_MS });
    if (answer.ok) {
      said = await answer.json();
      measureClock(answer, asked);
    } else if (signedOff(answer)) trouble = "sign_in";
    else trouble = answer.status >= 500 || answer.status === 429 ? "away" : "";
  } catch {
    trouble = "away"; // no answer, or none of the server's own
  }
  if (!said) return null;
  token = said.csrf;
  trouble = said.member === meta("member") ? "" : "sign_in";
  return trouble ? null : { ...said, key: await keepKey({ ...said, session }) };
}

async function keyFor(row) {
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

const around = (row, content) => [
  ["entry", row.entry],
  ["entry_by", row.member],
  ["made_at", content.made_at],
  ["clock_ahead_ms", content.ahead],
  ["clock_ahead_later_ms", clockAhead()],
  ["confirmed_at", content.confirmed_at],
  ["draft_key", content.draft],
].filter(([, value]) => value !== null && value !== undefined);

function refusal(said) {
  return { state: "not_accepted", errors: [{ field: "", label: "", said }] };
}

/* One entry: what came of it. "done" and "other_body" are on record; the rest stays here. */
async function sendOne(row, content, { more, ...options }) {
  const fields = [...content.fields, ...around(row, content), ...more];
  let answer = await post(content.url, fields, options);
  if (answer.status === 403) {
    if (await contact(row.store, row.session)) answer = await post(content.url, fields, options);
    else if (trouble) return { state: trouble };
  }
  if (signedOff(answer)) return { state: "sign_in" };
  const said = await answer.json().catch(() => null);
  if (ANSWERS.has(said?.state)) return said;
  if (isAway(answer)) return { state: "away" };
  if (answer.status >= 500) return { state: "failed" };
  if ([403, 404].includes(answer.status)) return refusal("Your role does not chart this here.");
  return refusal(`The server could not read it (${answer.status}).`);
}

async function sendRow(row, isAttended, more) {
  if (row.refused && !isAttended) return null;
  const key = await keyFor(row);
  if (!key) return { state: trouble || "closed" };
  const content = await readEntry(key, row).catch(() => null);
  if (!content) return { state: "unreadable" };
  let what;
  try {
    what = await sendOne(row, content, { touch: isAttended, more: isAttended ? more : [] });
  } catch {
    return { state: "away" };
  }
  if (ON_RECORD.has(what.state)) await removeEntry(row.entry);
  if (what.state === "not_accepted") await keepEntry(key, row, { ...content, errors: what.errors });
  return what;
}

/* Sends what can be sent; resolves to what came of each, by its id. `attended` is the entry that a
person has just made and waits for: sending it is a touch, and takes `more` fields along. */
export function sendAll(attended = "", more = []) {
  const work = () => sendInOrder(attended, more);
  return navigator.locks ? navigator.locks.request("holdspace-send", work) : work();
}

/* One that can't go stays where it is and holds back no other. */
async function sendInOrder(attended, more) {
  const came = new Map();
  for (const row of await rowsOf(meta("member"))) {
    const what = await sendRow(row, row.entry === attended, more);
    if (!what) continue;
    came.set(row.entry, what);
    trouble = ["away", "sign_in"].includes(what.state) ? what.state : "";
    if (trouble) break;
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
