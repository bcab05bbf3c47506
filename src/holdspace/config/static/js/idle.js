/* Automatic log-off: the page is covered and signed out, its text is kept, the session clock stays. */

import { forgetKeys } from "./keep/store.js";
import { saveAllDrafts, unsavedDrafts } from "./draft.js";
import { background, element, meta, say } from "./page.js";

const WARN_S = 60;
const TOUCH_MS = 45_000;
const TOUCH_URL = "/healthz";
const SHARED = "holdspace-last-input";
const INPUTS = ["pointerdown", "keydown", "wheel", "touchstart", "input"];

/* Input in one tab counts for the others, so that a second window is not locked while one is in use. */
let lastInput = Date.now();
function touched() {
  lastInput = Date.now();
  try {
    localStorage.setItem(SHARED, String(lastInput));
  } catch {
    /* Private windows may refuse storage; then each tab counts for itself. */
  }
}
function lastInputAnywhere() {
  try {
    return Math.max(lastInput, Number(localStorage.getItem(SHARED)) || 0);
  } catch {
    return lastInput;
  }
}

function showWarning() {
  if (document.querySelector(".idle-warning")) return;
  const warning = element("div", "idle-warning");
  warning.setAttribute("role", "alert");
  warning.textContent = "You will be signed off in a minute. Touch the page or press a key to stay.";
  (document.querySelector("dialog:modal") ?? document.body).append(warning);
}

async function lock() {
  await Promise.race([saveAllDrafts(), new Promise((done) => setTimeout(done, 3000))]);
  const kept = !unsavedDrafts();
  try {
    await background(meta("idle-sign-out"), { method: "POST", timeout: 5000 });
    await forgetKeys().catch(() => {});
  } catch {
    /* The server ends an idle sign-in by itself as well. */
    if (document.body.dataset.keeps) return coverForNow();
  }
  cover(kept);
}

/* Without the server nobody can sign in, and a session must be charted: the page is covered, and
whoever lifts the cover is asked to be who is named on it. The server has the last word later. */
function coverForNow() {
  const panel = panelOf("Covered");
  const name = document.querySelector(".topbar .menu summary span")?.textContent ?? "";
  const text = `Nobody touched this tablet for a while, and the server does not answer. Only ${name} goes on here.`;
  const button = element("button", "button primary", `I am ${name}: go on`);
  button.type = "button";
  button.addEventListener("click", () => {
    panel.remove();
    for (const child of [...document.body.children]) child.inert = false;
    touched();
    watchIdle();
  });
  panel.append(element("p", "", text), button);
  show(panel, button);
}

function panelOf(title) {
  const panel = element("div", "lock-panel");
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-modal", "true");
  panel.setAttribute("aria-labelledby", "lock-heading");
  for (const clock of document.querySelectorAll("[data-session-clock]")) {
    panel.append(clock.cloneNode(true));
  }
  const heading = element("h1", "", title);
  heading.id = "lock-heading";
  panel.append(heading);
  return panel;
}

function show(panel, first) {
  for (const layer of document.querySelectorAll("dialog:modal")) layer.close(); // nothing lies over it
  for (const child of [...document.body.children]) child.inert = true;
  document.body.append(panel);
  first.focus();
}

function cover(kept) {
  const panel = panelOf("Signed off");
  const text = kept
    ? "What you had typed is kept for you. Sign in again to go on."
    : "The connection is lost: keep this page open until your text can be saved.";
  const here = encodeURIComponent(location.pathname + location.search);
  const link = element("a", "button primary", "Sign in again");
  link.href = `${meta("idle-sign-in")}?next=${here}`;
  panel.append(element("p", "", text), link);
  document.title = "Signed off";
  show(panel, link);
}

/* Typing in one page for a long time is use; the server, which sees no page being opened, is told. */
let lastTold = Date.now();
function tellServer() {
  if (lastInput <= lastTold || Date.now() - lastTold < TOUCH_MS) return;
  lastTold = Date.now();
  fetch(TOUCH_URL, { credentials: "same-origin", cache: "no-store" }).catch(() => {});
}

export function startIdle() {
  const limitMs = 1000 * Number(meta("idle-seconds"));
  if (!limitMs) return;
  for (const name of INPUTS) addEventListener(name, touched, { passive: true, capture: true });
  touched();
  watchIdle();
}

function watchIdle() {
  const limitMs = 1000 * Number(meta("idle-seconds"));
  const watch = setInterval(() => {
    tellServer();
    const idleMs = Date.now() - lastInputAnywhere();
    if (idleMs >= limitMs) {
      clearInterval(watch);
      document.querySelector(".idle-warning")?.remove();
      lock();
    } else if (limitMs > 2000 * WARN_S && idleMs >= limitMs - 1000 * WARN_S) {
      showWarning();
    } else if (document.querySelector(".idle-warning")) {
      document.querySelector(".idle-warning").remove();
      say("You stay signed in");
    }
  }, 1000);
}
