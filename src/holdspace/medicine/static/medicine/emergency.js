/* The emergency page: a layer over the whole page, which the tablet opens by itself and at once.

That it was opened goes on record beside, kept on the tablet like every fact; the page waits for
nothing. Each opening is a line of its own: a page that was closed, or taken back, and opened again is
another opening. One that stands open and is only drawn anew (a reload, the way back to it) is none. */

import { meta, newId } from "../js/page.js";

const layer = document.getElementById("emergency");
const says = layer?.querySelector("[data-emergency-say]");
const opener = document.querySelector('form[data-opens="emergency"] button');
const AGAIN_MS = 5 * 60_000;
const TIMEOUT_MS = 10_000;
const WHEN = `holdspace-emergency:${meta("member")}:${document.body.dataset.session}`;
const IS_SESSION = /\/session\/[0-9a-f-]{36}\/$/;

/* The address says that it is open, so that a reload shows it again, and a close ends that. */
function inAddress(isOpen) {
  if (!IS_SESSION.test(location.pathname)) return; // the answer to a form: its address is an act's
  const query = new URLSearchParams(location.search);
  if (query.has("emergency") === isOpen) return;
  if (isOpen) query.set("emergency", "1");
  else query.delete("emergency");
  const rest = query.size ? `?${query}` : "";
  history.replaceState(history.state, "", location.pathname + rest + location.hash);
}

function show() {
  if (!layer.matches(":modal")) {
    layer.removeAttribute("open");
    layer.showModal();
    layer.scrollTop = 0;
    layer.querySelector("#emergency-title").focus();
  }
  inAddress(true);
}

export function closeEmergency() {
  if (layer?.open) layer.close();
}

function onClosed() {
  inAddress(false);
  remember(false);
  if (document.activeElement === document.body) opener?.focus({ preventScroll: true });
}

/* ------------------------------------------------------------ what goes on record */

const standsOpen = () => {
  try {
    return Date.now() - Number(sessionStorage.getItem(WHEN)) < AGAIN_MS;
  } catch {
    return false; // no storage: then each press is a line
  }
};

function remember(isOpened) {
  try {
    if (isOpened) sessionStorage.setItem(WHEN, String(Date.now()));
    else sessionStorage.removeItem(WHEN);
  } catch {
    /* Then each press is a line. */
  }
}

/* Before the tablet's own listener, which stops whatever it keeps. */
function onSubmit(event) {
  const form = event.target;
  if (!form.matches('form[data-keep="emergency"]')) return;
  const what = form.elements.what.value;
  const isCorrected = Boolean(form.elements.entry.value);
  const isAgain = what === "opened" && standsOpen() && !isCorrected;
  if (what === "opened") show();
  if (what === "mistake") closeEmergency();
  if (isAgain) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (what !== "ambulance_called") remember(what === "opened");
  if (!document.body.dataset.keeps) sendFromHere(event, form);
}

/* A tablet that keeps nothing must still not leave this page for a form. */
async function sendFromHere(event, form) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const body = new URLSearchParams(new FormData(form));
  body.set("entry", newId());
  body.set("entry_by", meta("member"));
  if (says) says.textContent = "";
  try {
    const headers = { "X-Keep": "1" };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(form.action, { method: "POST", headers, body, signal, redirect: "manual" });
    if ((await answer.json()).state !== "done") throw new Error("not on record");
  } catch {
    says.textContent = says.dataset.failed;
    if (form.elements.what.value === "opened") remember(false);
    else show(); // nobody must believe that it stands
  }
}

export function startEmergency() {
  if (!layer) return;
  addEventListener("submit", onSubmit, true);
  layer.addEventListener("close", onClosed);
  layer.addEventListener("unfold", show); // an entry of it is to be corrected
  layer.querySelector("[data-emergency-close]").addEventListener("click", (event) => {
    event.preventDefault();
    closeEmergency();
  });
  if (new URLSearchParams(location.search).has("emergency")) show();
  else layer.removeAttribute("open"); // a page kept while it was open
}
