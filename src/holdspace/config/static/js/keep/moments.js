/* What a player did, kept on this tablet until the server has it: keys and times, no name.

Every moment stands by itself under its own key, so that two windows overwrite nothing and sending it
twice is one row. It belongs to whoever was signed in: nobody else sends it, and they do from any page.
What the server refuses stays, with its reason, until a person clears it. */

import { background, meta, newId, now } from "../page.js";

const PLACE = "holdspace-moment:";
const WAIT_MS = 1500;
const AGAIN_MS = 10_000;
const TIMEOUT_MS = 10_000;
const AT_ONCE = 100;
const unstored = new Map(); // where a private window refuses storage, they are in this page
let sending = false;

function keep(held) {
  const place = PLACE + held.moment.id;
  try {
    localStorage.setItem(place, JSON.stringify(held));
  } catch {
    unstored.set(place, held);
  }
}

function forget(held) {
  const place = PLACE + held.moment.id;
  unstored.delete(place);
  try {
    localStorage.removeItem(place);
  } catch {
    /* Then it was never stored. */
  }
}

function stored() {
  try {
    return Object.keys(localStorage).filter((place) => place.startsWith(PLACE)).flatMap(readBack);
  } catch {
    return []; // a private window
  }
}

/* One that can't be read holds back no other. */
function readBack(place) {
  try {
    return [JSON.parse(localStorage.getItem(place))].filter((one) => one?.moment);
  } catch {
    return [];
  }
}

const mine = () =>
  [...stored(), ...unstored.values()]
    .filter((one) => one.by === meta("member"))
    .sort((one, other) => one.moment.at.localeCompare(other.moment.at));

/* Sends what waits of this person, each session to its own address. */
export async function sendMoments() {
  if (sending) return;
  sending = true;
  try {
    const waiting = mine().filter((one) => !one.why);
    for (const address of new Set(waiting.map((one) => one.address))) {
      await sendTo(address, waiting.filter((one) => one.address === address).slice(0, AT_ONCE));
    }
  } catch {
    /* The next try is in ten seconds, or when the network is back. */
  } finally {
    sending = false;
  }
}

async function sendTo(address, held) {
  const body = { by: meta("member"), moments: held.map((one) => one.moment) };
  const answer = await background(address, { method: "POST", body, timeout: TIMEOUT_MS });
  if (!answer.ok) return;
  const { kept, refused } = await answer.json();
  for (const one of held) {
    const no = refused.find(({ id }) => id === one.moment.id);
    if (no) keep({ ...one, why: no.why });
    else if (kept.includes(one.moment.id)) forget(one);
  }
}

/* The moments of one player on one page. */
export class MomentLog {
  constructor(address) {
    this.address = address;
    this.screen = newId();
    addEventListener("online", sendMoments);
    setInterval(sendMoments, AGAIN_MS);
    sendMoments();
  }

  add(what, more) {
    const at = new Date(now()).toISOString();
    const moment = { id: newId(), what, at, screen: this.screen, ...more };
    keep({ by: meta("member"), address: this.address, moment });
    setTimeout(sendMoments, WAIT_MS);
  }

  get refused() {
    return mine().filter((one) => one.why && one.address === this.address);
  }

  clearRefused() {
    for (const one of this.refused) forget(one);
  }
}
