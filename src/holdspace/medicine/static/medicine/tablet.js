/* The session page without the network: a fact is kept on this tablet first, then sent.

Every form[data-keep] goes this way. What the server has not acknowledged stands on the page, where
it belongs, as "kept here, not yet sent". Permissions have no data-keep: they are asked of the server. */

import { beginDraft, endDraft, fill } from "../js/draft.js";
import { contact, sendAll, setAside, whatStops } from "../js/keep/send.js";
import { isPossible, keepEntry, keepPage, keyOf, readEntry, readPage, rowsOf } from "../js/keep/store.js";
import { replaceRegions } from "../js/live.js";
import { clockAhead, clockTime, element, hiddenField, isKept, meta, newId, say } from "../js/page.js";

const AROUND = new Set(["csrfmiddlewaretoken", "password", "code", "entry", "draft_key"]);
const ME = meta("member");
const { store: STORE, session: SESSION, setAside: ASIDE } = document.body.dataset;
const WHY = {
  "": "They are being sent.",
  away: "They are sent, in order and with these times, when the server answers again.",
  sign_in: "Your sign-in has ended. Sign in again and they are sent.",
  refused: "Not accepted: correct it, or say where it is now.",
};
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
  };
}

async function known(entry) {
  const row = entry && (await rowsOf(ME)).find((one) => one.entry === entry);
  return row ? readEntry(key, row) : null;
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
  const content = await contentOf(form, submitter);
  await keepEntry(key, { entry, member: ME, session: SESSION, store: STORE }, content);
  // From here on it is on the tablet's disk, whatever happens to the tab, the network or the server.
  await endDraft(form);
  const came = (await sendAll(entry)).get(entry);
  if (came?.state === "done") {
    form.dataset.sent = "1";
    location.assign(came.page);
    return;
  }
  if (came?.state === "not_accepted") return sendByPage(form, entry);
  emptied(form);
  if (came?.state === "other_body") say(came.said);
  else say("Kept here, not yet sent");
  await show();
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
  const found = [];
  for (const row of await rowsOf(ME)) {
    if (row.session !== SESSION) continue;
    found.push({ row, content: await readEntry(key, row) });
  }
  return found;
}

const isInForm = ({ row }) =>
  [...document.querySelectorAll('form[data-keep] input[name="entry"]')].some(
    (field) => field.value === row.entry && field.form.querySelector('[aria-invalid="true"], .form-errors'),
  );

const at = (content) => clockTime(Date.parse(content.made_at) - (content.ahead ?? 0));

function line(content) {
  const item = element("li", `kept-here ${content.lane}`);
  const time = element("time", "", at(content));
  const body = element("div", "");
  const label = element("span", "lane", "kept here, not yet sent");
  body.append(content.words || content.title, element("br", ""), label);
  item.append(time, body);
  return item;
}

/* In the lane where it belongs: a note among the notes, everything on the timeline. */
function showInLanes(waiting) {
  for (const old of document.querySelectorAll("li.kept-here")) old.remove();
  for (const { content } of waiting) {
    const places = [document.querySelector("#timeline ol.timeline")];
    if (content.act === "note") places.push(document.querySelector(`#notes-${content.lane} ol`));
    for (const place of places) place?.prepend(line(content));
  }
}

function panel() {
  let section = document.getElementById("kept-here");
  if (section) return section;
  section = element("section", "section kept-here-list");
  section.id = "kept-here";
  section.setAttribute("aria-label", "Kept on this tablet");
  document.querySelector(".session-grid").before(section);
  return section;
}

function summary(waiting) {
  const count = waiting.length;
  const why = waiting.every(({ content }) => content.errors) ? "refused" : whatStops();
  const many = count === 1 ? "1 entry is kept here, not yet sent." : `${count} entries are kept here, not yet sent.`;
  const notice = element("p", "notice attention");
  const words = element("span", "");
  words.append(element("strong", "", many), ` ${WHY[why]} They stay on this tablet if it is switched off.`);
  notice.append(words);
  if (why === "sign_in") {
    const link = element("a", "button", "Sign in again");
    const next = encodeURIComponent(location.pathname);
    link.href = `${meta("idle-sign-in") || "/accounts/login/"}?next=${next}`;
    notice.append(link);
  }
  return notice;
}

function listed({ row, content }) {
  const item = element("li", "");
  const words = element("div", "");
  words.append(element("strong", "", `${content.title} ${at(content)}`), element("br", ""), content.words);
  item.append(words);
  if (!content.errors) return item;
  const said = content.errors.map((one) => `${one.label ? `${one.label}: ` : ""}${one.said}`).join(" ");
  words.append(element("br", ""), element("span", "error", `Not accepted. ${said}`));
  item.append(correctButton(row, content), asideForm(row, content));
  return item;
}

function correctButton(row, content) {
  const button = element("button", "button", "Correct it");
  button.type = "button";
  button.addEventListener("click", () => {
    const forms = [...document.querySelectorAll(`form[data-keep="${content.act}"]`)];
    const form = forms.find((one) => (one.elements.lane?.value ?? "") === content.lane);
    if (!form) return say("This form is not on the page any more. Set the entry aside.");
    const data = {};
    for (const [name, value] of content.fields) (data[name] ??= []).push(value);
    fill(form, data);
    hiddenField(form, "entry").value = row.entry;
    const folded = form.closest("details");
    if (folded) folded.open = true;
    form.dispatchEvent(new Event("unfold", { bubbles: true }));
    form.scrollIntoView({ block: "center" });
    form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  });
  return button;
}

function asideForm(row, content) {
  const more = element("details", "more");
  const form = element("form", "form");
  const id = `aside-${row.entry}`;
  const label = Object.assign(element("label", "", "Where is it now? Such as “on paper, handed to Kim”"), { htmlFor: id });
  const field = Object.assign(element("input", ""), { id, name: "why", maxLength: 300, required: true });
  const box = element("div", "field");
  const control = element("div", "control");
  const error = element("p", "error");
  const actions = element("div", "form-actions");
  control.append(field);
  box.append(label, control, error);
  actions.append(element("button", "button", "Set it aside"));
  form.append(box, actions);
  more.append(element("summary", "", "It can’t be charted here"), form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    try {
      error.textContent = await setAside(row, content, ASIDE, field.value);
    } catch {
      error.textContent = "The server did not answer. It stays here.";
    }
    if (error.textContent) return;
    for (const one of document.querySelectorAll("form[data-keep]")) {
      if (one.elements.entry?.value === row.entry) emptied(one);
    }
    await show({ evenWhileTyping: true });
  });
  return more;
}

async function show({ evenWhileTyping = false } = {}) {
  const waiting = (await mine()).filter((one) => !isInForm(one));
  showInLanes(waiting.filter(({ content }) => !content.errors));
  const section = panel();
  const typing = document.activeElement?.closest("#kept-here form");
  if (typing && !evenWhileTyping) return;
  section.replaceChildren();
  section.hidden = !waiting.length;
  if (!waiting.length) return;
  const list = element("ol", "list");
  list.append(...waiting.map(listed));
  section.append(summary(waiting), list);
}

/* ------------------------------------------------------------ sending on */

async function flush() {
  if (sending || !key) return;
  sending = true;
  try {
    const before = await mine();
    if (before.some(({ content }) => !content.errors) && (await contact(STORE, SESSION))) {
      const came = [...(await sendAll()).values()];
      const sent = came.filter((one) => one.state === "done").length;
      if (sent) say(`${sent} ${sent === 1 ? "entry" : "entries"} sent with the original times`);
    }
    if (before.length) await show();
  } finally {
    sending = false;
  }
}

let lastLive = "";
async function onLive({ detail }) {
  if (detail !== lastLive) {
    lastLive = detail;
    await keepPage(key, { path: `${location.pathname}live/`, member: ME, session: SESSION }, detail);
    await show();
  }
  await flush();
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
  document.addEventListener("live-refused", flush);
  addEventListener("online", flush);
  await show();
  await flush();
  await startWorker();
}

start();
