/* A form[data-needs-server] is what no tablet may keep: it is sent only while the server answers, so
that a page full of writing is not left for an error. Without a script it is sent as ever. */

import { background, element } from "./page.js";

const TIMEOUT_MS = 4000;
const AWAY =
  "The server does not answer. Nothing was sent, and what you typed stays here. Send it again when the page is live.";

async function isThere() {
  try {
    return (await background("/healthz", { timeout: TIMEOUT_MS })).ok;
  } catch {
    return false;
  }
}

function tell(form, submitter, words) {
  const place = form.hidden ? submitter?.parentElement ?? form : form; // its button stands elsewhere
  place.querySelector("p.not-sent")?.remove();
  if (!words) return;
  const notice = element("p", "notice attention not-sent", words);
  notice.setAttribute("role", "alert");
  place.append(notice);
  notice.scrollIntoView({ block: "nearest" });
}

async function onSubmit(event) {
  const form = event.target;
  if (!form.matches("form[data-needs-server]")) return;
  if (form.dataset.reached) {
    delete form.dataset.reached; // asked just now
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.asking) return;
  form.dataset.asking = "1";
  const reached = await isThere();
  delete form.dataset.asking;
  tell(form, event.submitter, reached ? "" : AWAY);
  if (!reached) return;
  form.dataset.reached = "1";
  form.requestSubmit(event.submitter);
}

export function startReach() {
  document.addEventListener("submit", onSubmit, true);
}
