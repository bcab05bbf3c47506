/* The session page without the network: a fact is kept on this tablet first, then sent.

Every form[data-keep] goes this way. What the server has not acknowledged stands on the page, where
it belongs, as "kept here, not yet sent". Permissions have no data-keep: they are asked of the server. */

import { beginDraft, endDraft } from "../js/draft.js";
import { contact, sendAll, setAside, whatStops } from "../js/keep/send.js";
import { isPossible, keepEntry, keepPage, keyOf, readEntry, readPage, rowsOf } from "../js/keep/store.js";
import { replaceRegions } from "../js/live.js";
import { clockAhead, element, hiddenField, isKept, meta, newId, say } from "../js/page.js";
import { asksForTime, showKept, UNREADABLE } from "./kept-list.js";

const AROUND = new Set(["csrfmiddlewaretoken", "password", "code", "entry", "draft_key", "carry"]);
const ME = meta("member");
const { store: STORE, session: SESSION, setAside: ASIDE } = document.body.dataset;
let key = null;
let sending = false;

/* ------------------------------------------------------------ writing down */

function wordsOf(form, fields) {
  const said = [];
  for (const [name, value] of fields) {
    const field = form.elements[name];
    const first = field?.length && !field.options ? field[0] : field;
    if (!value || first?.type === "hidden") continue;
    const label = form.querySelector(`label[for="${first?.id}"]`)?.firstChild?.textContent?.trim();
    const legend = first?.closest("fieldset")?.querySelector("legend")?.textContent?.trim();
    const chosen = first?.options ? first.selectedOptions[0]?.textContent.trim() : value;
    said.push(name === "text" ? chosen : `${legend || label || name}: ${chosen}`);
  }
  return said.join("; ");
}

function titleOf(form) {
  if (form.dataset.named) return form.dataset.named;
  const folded = form.closest("details")?.querySelector("summary")?.textContent.trim();
  const titled = form.closest("section, div.stack")?.querySelector("h2")?.textContent.trim();
  return folded || titled || form.dataset.keep;
}

async function contentOf(form, submitter) {
  const fields = [...new FormData(form, submitter)].filter(([name]) => !AROUND.has(name));
  const before = await known(form.elements.entry?.value);
  return {
    act: form.dataset.keep,
    url: form.action,
    lane: form.elements.lane?.value ?? "",
    title: titleOf(form),
    words: wordsOf(form, fields),
    fields,
    draft: form.elements.draft_key?.value,
    made_at: before?.made_at ?? new Date().toISOString(),
    ahead: before ? before.ahead : clockAhead(),
    confirmed_at: before?.confirmed_at,
  };
}

async function known(entry) {
  const row = entry && (await rowsOf(ME)).find((one) => one.entry === entry);
  return row ? readEntry(key, row).catch(() => null) : null;
}

async function onSubmit(event) {
  const form = event.target;
  if (!key || !form.matches("form[data-keep]") || form.dataset.direct) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  try {
    await submitted(form, event.submitter);
  } finally {
    delete form.dataset.sent;
  }
}

async function submitted(form, submitter) {
  const entry = form.elements.entry?.value || newId();
  const carried = new FormData(form).get("carry");
  const content = await contentOf(form, submitter);
  const came = await keepAndSend(entry, content, form, carried);
  if (came?.state === "done") return came.page ? location.assign(came.page) : stay(form, came.said);
  if (came?.state === "not_accepted" && !asksForTime(came)) return sendByPage(form, entry);
  emptied(form);
  if (came?.state === "other_body") say(came.said);
  else say("Kept here, not yet sent");
  await show();
  if (asksForTime(came)) document.querySelector("#kept-here [name=at]")?.focus();
}

/* The page it was written on is needed as it stands, such as the steps that somebody reads out. */
async function stay(form, said) {
  emptied(form);
  say(said);
  await show();
}

/* What stood beside it in the pad goes along for the page that follows, and is never kept: later it
would be offered as if it were typed now. */
async function keepAndSend(entry, content, form = null, carried = null) {
  await keepEntry(key, { entry, member: ME, session: SESSION, store: STORE }, content);
  // From here on it is on the tablet's disk, whatever happens to the tab, the network or the server.
  if (form) await endDraft(form);
  return (await sendAll(entry, carried ? [["carry", carried]] : [])).get(entry);
}

/* What is typed into it next is another entry. */
function emptied(form) {
  form.reset();
  hiddenField(form, "entry").value = "";
  beginDraft(form);
}

/* The page's own answer shows each mistake at its field; the entry stays here until it is right. */
function sendByPage(form, entry) {
  hiddenField(form, "entry").value = entry;
  form.dataset.direct = "1";
  delete form.dataset.sent;
  form.requestSubmit();
}

/* ------------------------------------------------------------ showing what is kept */

async function mine() {
  const rows = (await rowsOf(ME)).filter((row) => row.session === SESSION);
  return Promise.all(
    rows.map(async (row) => ({ row, content: await readEntry(key, row).catch(() => UNREADABLE) })),
  );
}

const isInForm = ({ row }) =>
  [...document.querySelectorAll('form[data-keep] input[name="entry"]')].some(
    (field) => field.value === row.entry && field.form.querySelector('[aria-invalid="true"], .form-errors'),
  );

async function show(options) {
  showKept((await mine()).filter((one) => !isInForm(one)), HANDS, options);
}

/* What its author may do with an entry that stands in the list. */
const HANDS = {
  async sendAgain(row, content) {
    const came = await keepAndSend(row.entry, content);
    if (came?.state === "done") say("Sent with the time that you confirmed");
    await show({ evenWhileTyping: true });
  },
  async setAside(row, content, why) {
    const problem = await setAside(row, content, ASIDE, why).catch(() => "The server did not answer. It stays here.");
    if (problem) return problem;
    for (const form of document.querySelectorAll("form[data-keep]")) {
      if (form.elements.entry?.value === row.entry) emptied(form);
    }
    await show({ evenWhileTyping: true });
    return "";
  },
};

/* ------------------------------------------------------------ sending on */

async function flush() {
  if (sending || !key) return;
  sending = true;
  try {
    const before = await mine();
    if (before.some(({ content }) => !content.errors)) await contact(STORE, SESSION);
    if (before.some(({ content }) => !content.errors) && !whatStops()) {
      const came = [...(await sendAll()).values()];
      const sent = came.filter((one) => one.state === "done").length;
      if (sent) say(`${sent} ${sent === 1 ? "entry" : "entries"} sent with the original times`);
    }
    if (before.length) await show();
  } finally {
    sending = false;
  }
}

async function onLive({ detail }) {
  await keepPage(key, { path: `${location.pathname}live/`, member: ME, session: SESSION }, detail);
  await show();
}

async function startWorker() {
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.kept === location.pathname) document.body.dataset.opens = "1"; // from here alone
  });
  await navigator.serviceWorker.register("/medicine/worker.js", { scope: "/medicine/" });
  const { active } = await navigator.serviceWorker.ready;
  const loaded = performance.getEntriesByType("resource").map((one) => one.name);
  const assets = loaded.filter((url) => new URL(url).pathname.startsWith("/static/"));
  active.postMessage({ assets, keep: location.pathname });
}

function isOff(why) {
  const notice = element("p", "notice attention no-print", `Keeping without the network is off: ${why} Chart on paper if the network goes.`);
  notice.id = "keeping-off";
  document.querySelector(".session-grid")?.before(notice);
}

async function start() {
  if (!STORE) return;
  if (!isPossible() || !("serviceWorker" in navigator)) {
    isOff("this address has no encryption (https), or this browser can’t.");
    return;
  }
  document.addEventListener("submit", onSubmit, true);
  key = (await keyOf(ME, SESSION)) ?? (await contact(STORE, SESSION))?.key ?? null;
  if (!key) {
    isOff("this tablet has no key for it. Open the page again when the server answers.");
    return;
  }
  document.body.dataset.keeps = "1";
  if (isKept) {
    const last = await readPage(key, `${location.pathname}live/`);
    if (last) replaceRegions(last);
  } else await contact(STORE, SESSION);
  document.addEventListener("live-html", onLive);
  document.addEventListener("live-answered", flush);
  document.addEventListener("live-refused", flush);
  addEventListener("online", flush);
  await show();
  await flush();
  await startWorker();
}

start();
