/* On every page: a key stays only while its person is signed in, and what they kept is sent. */

import { element, meta } from "../page.js";
import { sendMoments } from "./moments.js";
import { sendAll, whatStops } from "./send.js";
import { forgetKeys, isPossible, rowsOf } from "./store.js";

const SIGN_OUT = "/accounts/logout/";

function tell(text) {
  const notice = element("p", "notice attention no-print", text);
  notice.setAttribute("role", "status");
  document.getElementById("main")?.prepend(notice);
}

async function sendTheRest() {
  const before = (await rowsOf(meta("member"))).length;
  if (!before) return;
  const came = [...(await sendAll()).values()];
  const left = (await rowsOf(meta("member"))).length;
  const sent = before - left;
  if (sent) tell(`${sent} ${sent === 1 ? "entry" : "entries"} that this tablet kept: sent, with the original times.`);
  if (left) {
    const closed = came.filter((one) => one.state === "closed").length;
    const which = closed === left ? "The session is not open to you now: ask who leads the day." : "Open the session: it says why.";
    const why = whatStops() ? "They are tried again." : which;
    tell(`${left} ${left === 1 ? "entry is" : "entries are"} kept on this tablet and not sent. ${why}`);
  }
}

export async function startKeeping() {
  if (meta("member")) sendMoments();
  if (!isPossible()) return;
  document.addEventListener("submit", (event) => {
    if (new URL(event.target.action).pathname === SIGN_OUT) forgetKeys();
  });
  // A page that was kept is read without the server: it can't say that anybody signed off.
  await forgetKeys(meta("member"));
  if (meta("member") && !document.body.dataset.store) await sendTheRest();
}
