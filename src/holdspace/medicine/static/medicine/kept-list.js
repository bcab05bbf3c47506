/* What this tablet keeps of the session, on its page: in a list at the top, in its lane and on the
timeline. What the server did not accept says why, and waits for its author's hand. */

import { fill } from "../js/draft.js";
import { whatStops } from "../js/keep/send.js";
import { clockTime, element, hiddenField, meta, momentOf, say, wallTime } from "../js/page.js";
import { showInTiles } from "./kept-tiles.js";

const WHY = {
  "": "They are being sent.",
  away: "They are sent, in order and with these times, when the server answers again.",
  sign_in: "Your sign-in has ended. Sign in again and they are sent.",
  refused: "Not accepted: correct it, or say where it is now.",
  time: "This tablet’s clock was unsure: say when it was.",
};
const READINGS = new Set(["observe", "chart", "going-home"]);
const UNJUDGED =
  "No limit is looked at here. Your clinic’s step for a reading outside its limit comes only when it is sent: " +
  "look at the number yourself. Red flag opens your clinic’s emergency page without the network too.";
const TIMES = new Set(["made_at", "confirmed_at"]);

/* Stands for an entry that no key opens any more; nothing can send it. */
export const UNREADABLE = {
  act: "unreadable",
  lane: "",
  title: "An entry",
  words: "It can’t be read on this tablet any more. Chart again what it said, and set it aside.",
  fields: [],
  errors: [],
};

export const asksForTime = (came) => Boolean(came?.errors?.some((one) => TIMES.has(one.field)));

const momentMade = (content) =>
  Date.parse(content.confirmed_at ?? "") || Date.parse(content.made_at) - (content.ahead ?? 0);
const at = (content) => (content.made_at ? clockTime(momentMade(content)) : "");

/* `hands` is what an author may do: sendAgain(row, content), and setAside(row, content, why). */
export function showKept(waiting, hands, { evenWhileTyping = false } = {}) {
  const toSend = waiting.filter(({ content }) => !content.errors).map(({ content }) => content);
  showInLanes(toSend);
  showInTiles(toSend.filter(({ act }) => act === "observe"), momentMade);
  const section = panel();
  const typing = document.activeElement?.closest("#kept-here form");
  if (typing && !evenWhileTyping) return;
  section.replaceChildren();
  section.hidden = !waiting.length;
  if (!waiting.length) return;
  const list = element("ol", "list");
  list.append(...waiting.map((one) => listed(one, hands)));
  section.append(summary(waiting), list);
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

/* In the lane where it belongs: a note among the notes, everything on the timeline. */
function showInLanes(waiting) {
  for (const old of document.querySelectorAll("li.kept-here")) old.remove();
  for (const content of waiting) {
    const places = [document.querySelector("#timeline ol.timeline")];
    if (content.act === "note") places.push(document.querySelector(`#notes-${content.lane} ol`));
    for (const place of places) place?.prepend(line(content));
    if (content.act === "emergency") document.querySelector("#emergency-lines ul")?.append(line(content));
  }
}

function line(content) {
  const item = element("li", `kept-here ${content.lane}`);
  const body = element("div", "");
  const label = element("span", "lane", "kept here, not yet sent");
  body.append(content.words || content.title, element("br", ""), label);
  item.append(element("time", "", at(content)), body);
  return item;
}

function summary(waiting) {
  const count = waiting.length;
  const refused = waiting.every(({ content }) => asksForTime(content)) ? "time" : "refused";
  const why = waiting.every(({ content }) => content.errors) ? refused : whatStops();
  const many = count === 1 ? "1 entry is kept here, not yet sent." : `${count} entries are kept here, not yet sent.`;
  const notice = element("p", "notice attention");
  const words = element("span", "");
  words.append(element("strong", "", many), ` ${WHY[why]} They stay on this tablet if it is switched off.`);
  if (waiting.some(({ content }) => READINGS.has(content.act))) words.append(` ${UNJUDGED}`);
  notice.append(words);
  if (why === "sign_in") {
    const link = element("a", "button", "Sign in again");
    const next = encodeURIComponent(location.pathname);
    link.href = `${meta("idle-sign-in") || "/accounts/login/"}?next=${next}`;
    notice.append(link);
  }
  return notice;
}

function listed({ row, content }, hands) {
  const item = element("li", "");
  const words = element("div", "");
  words.append(element("strong", "", `${content.title} ${at(content)}`), element("br", ""), content.words);
  item.append(words);
  if (!content.errors) return item;
  // That the time is wanted is said by its field.
  const errors = content.errors.filter((one) => one.field !== "made_at");
  const said = errors.map((one) => `${one.label ? `${one.label}: ` : ""}${one.said}`).join(" ");
  if (said) words.append(element("br", ""), element("span", "error", `Not accepted. ${said}`));
  if (asksForTime(content)) item.append(timeForm(row, content, hands));
  else if (content !== UNREADABLE) item.append(correctButton(row, content));
  item.append(asideForm(row, content, hands));
  return item;
}

/* The form that it was written in: an act may have several, and these hidden words tell them apart. */
function formOf(content) {
  const said = new Map(content.fields);
  const isIts = (form) =>
    [...form.querySelectorAll("input[type=hidden]:is([name=lane], [name=what])")].every(
      ({ name, value }) => value === said.get(name),
    );
  return [...document.querySelectorAll(`form[data-keep="${content.act}"]`)].find(isIts);
}

function correctButton(row, content) {
  const button = element("button", "button", "Correct it");
  button.type = "button";
  button.addEventListener("click", () => {
    const form = formOf(content);
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

/* A time that the tablet's clock can't vouch for is charted as its author confirms it. */
function timeForm(row, content, hands) {
  const made = momentMade(content);
  const field = Object.assign(element("input", ""), {
    type: "datetime-local", name: "at", value: wallTime(made), required: true,
  });
  const label = "This tablet’s clock was unsure. When was it?";
  return smallForm(`time-${row.entry}`, label, field, "Chart it with this time", async () => {
    const moment = field.value === wallTime(made) ? made : momentOf(field.value);
    const confirmed_at = new Date(moment).toISOString();
    await hands.sendAgain(row, { ...content, confirmed_at, errors: undefined });
    return "";
  });
}

function asideForm(row, content, hands) {
  const more = element("details", "more");
  const field = Object.assign(element("input", ""), { name: "why", maxLength: 300, required: true });
  const label = "Where is it now? Such as “on paper, handed to Kim”";
  const form = smallForm(`aside-${row.entry}`, label, field, "Set it aside", () =>
    hands.setAside(row, content, field.value),
  );
  more.append(element("summary", "", "It can’t be charted here"), form);
  return more;
}

/* One field and one button; `act` resolves to what was wrong with it, "" when it is done. */
function smallForm(id, words, field, button, act) {
  const form = element("form", "form");
  const label = Object.assign(element("label", "", words), { htmlFor: id });
  const box = element("div", "field");
  const control = element("div", "control");
  const error = element("p", "error");
  const actions = element("div", "form-actions");
  field.id = id;
  control.append(field);
  box.append(label, control, error);
  actions.append(element("button", "button", button));
  form.append(box, actions);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    error.textContent = await act();
  });
  return form;
}
