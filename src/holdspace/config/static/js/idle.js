/* Automatic log-off: the page is covered and signed out, its text is kept, the session clock stays. */

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
  document.body.append(warning);
}

async function lock() {
  await Promise.race([saveAllDrafts(), new Promise((done) => setTimeout(done, 3000))]);
  const kept = !unsavedDrafts();
  try {
    await background(meta("idle-sign-out"), { method: "POST" });
  } catch {
    /* The server ends an idle sign-in by itself as well. */
  }
  cover(kept);
}

function cover(kept) {
  const panel = element("div", "lock-panel");
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-modal", "true");
  panel.setAttribute("aria-labelledby", "lock-heading");
  for (const clock of document.querySelectorAll("[data-session-clock]")) {
    panel.append(clock.cloneNode(true));
  }
  const heading = element("h1", "", "Signed off");
  heading.id = "lock-heading";
  const text = kept
    ? "What you had typed is kept for you. Sign in again to go on."
    : "The connection is lost: keep this page open until your text can be saved.";
  const here = encodeURIComponent(location.pathname + location.search);
  const link = element("a", "button primary", "Sign in again");
  link.href = `${meta("idle-sign-in")}?next=${here}`;
  panel.append(heading, element("p", "", text), link);
  for (const child of [...document.body.children]) child.inert = true;
  document.title = "Signed off";
  document.body.append(panel);
  link.focus();
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
