/* A live page re-reads itself, and says over its own content when its last good answer is old.

While nothing changed, the server holds its question for a while and answers as soon as something
does. A page that nobody sees asks without waiting: a browser has few connections to one server. */

import { tick } from "./clock.js";
import { background, clockTime, element, isKept, measureClock, now, say } from "./page.js";

const EVERY_S = 1; // where the question is not held
const WAIT_S = 2;
const BREATH_MS = 50; // after a change, before the next question
const STALE_AFTER_S = 5;
const TAP_MS = 10_000;
const TIMEOUT_MS = 4000; // a link that hangs is no link
const LAST_GOOD = "holdspace-live-at:";

/* Puts what the server says now into the page; false when a region had to be left as it was. */
export function replaceRegions(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  let whole = true;
  for (const region of document.querySelectorAll("[data-live][id]")) {
    const answer = fresh.getElementById(region.id);
    const isNew = answer && region.innerHTML !== answer.innerHTML;
    if (!isNew) continue;
    if (isAtWork(region)) whole = false;
    else replace(region, document.adoptNode(answer));
  }
  tick();
  return whole;
}

/* What a finger lies on stays until it is lifted: a button replaced under it would never be pressed. */
let pressed = null;
let lifting = 0;
const lift = (afterMs) => {
  clearTimeout(lifting);
  lifting = setTimeout(() => (pressed = null), afterMs);
};
addEventListener("pointerdown", ({ target }) => {
  pressed = target;
  lift(TAP_MS); // a finger that only rests, or was lifted outside the window, keeps nothing old
}, true);
for (const over of ["pointerup", "pointercancel"]) addEventListener(over, () => lift(0), true); // after its click

/* Nobody's typing, and nothing they unfolded under their hand, is taken away. */
function isAtWork(region) {
  if (region.contains(pressed)) return true;
  const focused = document.activeElement;
  return region.contains(focused) && Boolean(focused.closest("input, textarea, select, details[open]"));
}

function replace(region, answer) {
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  region.replaceWith(answer);
  focused && twinOf(focused, answer)?.focus({ preventScroll: true });
}

function twinOf(old, answer) {
  if (old.id) return answer.querySelector(`#${CSS.escape(old.id)}`);
  const same = (one) => one.dataset.field === old.dataset.field && one.href === old.href;
  return [...answer.querySelectorAll(old.localName)].find(same);
}

function veil(lastGood) {
  const text = `Not live since ${clockTime(lastGood, { seconds: true })}`;
  let bar = document.querySelector(".stale-veil");
  if (bar?.textContent === text) return;
  if (!bar) {
    bar = element("div", "stale-veil");
    bar.setAttribute("role", "alert");
    const place = document.querySelector("[data-stale-place]"); // a head that stays in sight
    if (place) place.append(bar);
    else document.getElementById("main").before(bar);
    document.body.dataset.stale = "1";
  }
  bar.textContent = text;
}

function unveil() {
  const bar = document.querySelector(".stale-veil");
  if (!bar) return;
  bar.remove();
  delete document.body.dataset.stale;
  say("Live again");
}

export function startLive() {
  const { liveUrl, liveEvery, staleAfter } = document.body.dataset;
  if (!liveUrl) return;
  const everyMs = 1000 * (Number(liveEvery) || EVERY_S);
  const staleMs = 1000 * (Number(staleAfter) || STALE_AFTER_S);
  let tag = ""; // what this page has, in the server's word; unchanged, nothing is sent again
  let lastGood = isKept ? lastGoodOf(liveUrl) ?? now() - staleMs : now();

  async function poll() {
    const asked = Date.now();
    const began = performance.now();
    const wait = document.hidden ? 0 : WAIT_S;
    let isNews = false;
    try {
      const answer = await background(liveUrl, { timeout: TIMEOUT_MS, tag, wait });
      if (answer.ok || answer.status === 304) {
        measureClock(answer, asked);
        const type = answer.headers.get("Content-Type") ?? "";
        if (answer.status === 304) tick();
        else if (type.includes("html")) {
          const html = await answer.text();
          const whole = replaceRegions(html);
          tag = whole ? answer.headers.get("ETag") ?? "" : ""; // what was left out is asked for again
          isNews = tag !== "";
          document.dispatchEvent(new CustomEvent("live-html", { detail: html }));
        } else document.dispatchEvent(new CustomEvent("live", { detail: await answer.json() }));
        lastGood = now();
        remember(liveUrl, lastGood);
        unveil();
        document.dispatchEvent(new CustomEvent("live-answered")); // changed or not: the server is there
      } else document.dispatchEvent(new CustomEvent("live-refused", { detail: answer }));
    } catch {
      /* The watch below says how old the page is; the next poll is the retry. */
    }
    const took = performance.now() - began;
    setTimeout(poll, Math.max(BREATH_MS, isNews ? 0 : everyMs - took));
  }

  const watch = () => now() - lastGood >= staleMs && veil(lastGood);
  if (isKept) watch();
  setTimeout(poll, isKept ? 0 : everyMs);
  setInterval(watch, 500);
}

function remember(url, at) {
  try {
    localStorage.setItem(LAST_GOOD + url, String(at));
  } catch {
    /* Then a kept page says that it is not live, and not since when. */
  }
}

function lastGoodOf(url) {
  try {
    return Number(localStorage.getItem(LAST_GOOD + url)) || null;
  } catch {
    return null;
  }
}
