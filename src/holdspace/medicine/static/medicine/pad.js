/* The entry pad: tap an item, tap a number. It fills the page's own form and sends that form. */

import { clockTime, newId, now, say } from "../js/page.js";

const pad = document.querySelector("[data-pad]");
const form = pad?.querySelector("#observe-form");
const one = pad?.querySelector("#one");
const status = pad?.querySelector(".pad-say");
const asks = pad?.querySelector(".pad-asks");
const cannot = pad?.querySelector("form#could-not");
const SET = ["systolic", "diastolic", "heart_rate", "spo2"];
let ago = "0";
let openedBy = null;
let cameByItself = null; // the field that had its turn because the one before it was whole

const field = (name) => form.elements.namedItem(name);
const vitals = () => [...pad.querySelectorAll('.vitals[data-part="set"] input')];
const typed = () =>
  [...pad.querySelectorAll(".vitals input")].filter((input) => input.value.trim() !== "");

/* A tablet that keeps entries takes the id away once it has one. */
function identify(sent) {
  const entry = sent.elements.namedItem("entry");
  if (entry) entry.value ||= newId();
}

function tell(word) {
  status.textContent = word ? status.dataset[word] : "";
}

/* --- what is shown ------------------------------------------------------------------------- */

function show(item) {
  if (item !== "cannot") pad.dataset.last = item;
  pad.dataset.shown = item;
  form.hidden = item === "cannot";
  if (cannot) cannot.hidden = item !== "cannot";
  for (const part of pad.querySelectorAll("[data-part]")) {
    const shown = { set: ["set", "keys"], all: ["set"] }[item] ?? [item];
    part.hidden = !shown.includes(part.dataset.part);
  }
  for (const button of pad.querySelectorAll(".pad-items [data-item]")) {
    button.setAttribute("aria-pressed", String(button.dataset.item === item));
  }
  tell("");
}

function open(item, name, opener) {
  if (opener) openedBy = opener.dataset.field ?? "";
  pad.classList.add("open");
  show(item);
  const row = pad.querySelector(
    item === "cannot" ? "[data-because]" : `.scores[data-part="${item}"] button`,
  );
  const first = row ?? field(name) ?? field("systolic");
  first.focus({ preventScroll: true });
  if (!row) first.select?.();
}

function close() {
  pad.classList.remove("open");
  const opener = document.querySelector(`a[data-field="${openedBy}"]`);
  (opener ?? document.getElementById("main")).focus({ preventScroll: true });
}

/* --- the number pad -------------------------------------------------------------------------- */

/* True when no further digit can follow: what is typed is whole, and the next field has its turn. */
function isWhole(input) {
  const high = Number(input.dataset.high);
  const text = input.value;
  if (text.includes(".")) return /\.\d$/.test(text);
  if (input.name === "temperature") return false;
  if (input.name === "oxygen_l_min" && text === "0") return true;
  return text !== "" && Number(text) * 10 > high;
}

function current() {
  const inputs = vitals();
  const focused = document.activeElement;
  if (inputs.includes(focused)) pad.dataset.field = focused.name;
  return inputs.find((input) => input.name === pad.dataset.field) ?? inputs[0];
}

/* The next field has its turn, by "Next" or by itself: a "Next" that was meant for the field which went
on by itself, and comes before anything is typed into this one, leaves it where it is. */
function go(input, { byItself = false } = {}) {
  const inputs = vitals();
  const next = inputs[inputs.indexOf(input) + 1];
  cameByItself = byItself ? next : null;
  if (!next) return pad.querySelector("[data-chart]").focus({ preventScroll: true });
  pad.dataset.field = next.name;
  next.focus({ preventScroll: true });
  next.select();
}

function press(key) {
  const input = current();
  if (key === "next") {
    if (input === cameByItself && !input.value) return void (cameByItself = null);
    return go(input);
  }
  const all = input.selectionEnd - input.selectionStart === input.value.length;
  const before = all && document.activeElement === input ? "" : input.value;
  if (key === "back") input.value = all ? "" : input.value.slice(0, -1);
  else if (before.length < Number(input.maxLength > 0 ? input.maxLength : 4)) {
    input.value = before + key;
  }
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus({ preventScroll: true });
  input.setSelectionRange(input.value.length, input.value.length);
  if (key !== "back" && isWhole(input)) go(input, { byItself: true });
}

/* --- is this right? -------------------------------------------------------------------------- */

function unusual(input) {
  const value = Number(input.value.trim().replace(",", "."));
  if (!Number.isFinite(value)) return false;
  const { low, high, most } = input.dataset;
  if (input.name === "oxygen_l_min" || value > Number(most)) return false; // the server says why
  if (value < Number(low) || value > Number(high)) return true;
  if (input.name !== "diastolic") return false;
  const apart = Number(field("systolic").value) - value;
  return apart > 0 && apart < 10;
}

function askAbout(input) {
  const name = `sure_${input.name}`;
  const value = String(Number(input.value.trim().replace(",", ".")));
  const there = form.querySelector(`[name="${name}"]`);
  if (there?.value === value) return there.checked;
  there?.closest(".field, label").remove();
  const made = pad.querySelector("template[data-ask]").content.cloneNode(true);
  const box = made.querySelector("input");
  Object.assign(box, { name, value, id: `ask-${name}` });
  const unit = input.closest(".control").querySelector(".unit")?.textContent ?? "";
  const label = input.closest(".field").querySelector("label").textContent.trim();
  made.querySelector("b").textContent = `${label} ${value} ${unit}`.trim();
  asks.append(made);
  return false;
}

function tidyAsks() {
  for (const box of asks.querySelectorAll("input[type=checkbox]")) {
    const input = field(box.name.replace("sure_", ""));
    const stands = unusual(input) && String(Number(input.value)) === box.value;
    if (!stands) box.closest(".field, label").remove();
  }
}

/* Whether the set may go; else the field that is missing has the focus and the pad says why. */
function isReady() {
  const filled = (name) => field(name).value.trim() !== "";
  const lacking = (name, word) => {
    tell(word);
    field(name).focus();
    return false;
  };
  if (!typed().length) return lacking("systolic", "nothing");
  if (filled("systolic") && !filled("diastolic")) return lacking("diastolic", "half");
  if (filled("diastolic") && !filled("systolic")) return lacking("systolic", "half");
  if (filled("spo2") && !filled("oxygen_l_min")) return lacking("oxygen_l_min", "oxygen");
  tidyAsks();
  const unanswered = typed().filter((input) => unusual(input) && !askAbout(input));
  if (!unanswered.length) return true;
  tell("odd");
  asks.querySelector("input:not(:checked)")?.focus();
  return false;
}

/* --- sending --------------------------------------------------------------------------------- */

function takenAt() {
  if (ago === "other") return field("taken_at").value;
  return ago === "0" ? "" : clockTime(now() - Number(ago) * 60_000);
}

function chart(event) {
  if (!isReady()) return event.preventDefault();
  field("taken_at").value = takenAt();
  identify(form);
}

function chartOne(kind, number) {
  const value = one.querySelector("[data-value]");
  Object.assign(value, { name: kind, value: number });
  const chip = pad.querySelector(`.pad-items [data-item="${kind}"]`);
  one.querySelector("[data-name]").textContent = chip.textContent;
  one.elements.namedItem("taken_at").value = takenAt();
  identify(one);
  const waiting = typed().filter((input) => input.name !== kind);
  const carry = one.elements.namedItem("carry");
  carry.value = JSON.stringify(Object.fromEntries(waiting.map((i) => [i.name, i.value])));
  carry.disabled = !waiting.length;
  one.requestSubmit();
}

/* "Can't now": about the item that was open, else about what is due, else about a whole set. */
function excuse(code) {
  const item = pad.dataset.last;
  const due = [...document.querySelectorAll("#readings .is-due a")].map((a) => a.dataset.field);
  const asked = SET.filter((kind) => due.includes(kind === "diastolic" ? "systolic" : kind));
  const kinds = ["set", "all", undefined].includes(item) ? (asked.length ? asked : SET) : [item];
  for (const box of cannot.querySelectorAll('[name="kinds"]')) {
    box.checked = kinds.includes(box.value);
  }
  cannot.querySelector(`[name="why"][value="${code}"]`).checked = true;
  identify(cannot);
  if (code !== "other") return cannot.requestSubmit();
  cannot.classList.add("in-words");
  cannot.querySelector('[name="because"]').focus();
}

/* A tablet that kept an entry without the network empties its form: the pad has done its part. */
function afterKept(event) {
  if (event.target === form) asks.replaceChildren();
  if (![form, one, cannot].includes(event.target)) return;
  setAgo("0");
  close();
}

/* An entry that was not accepted is back in its form: all of it is shown, with the time it had. */
function unfold({ target }) {
  if (![form, cannot].includes(target)) return;
  cannot?.classList.toggle("in-words", target === cannot);
  open(target === form ? "all" : "cannot", "");
  setAgo(target === form && field("taken_at").value ? "other" : "0");
}

function setAgo(chosen) {
  ago = chosen;
  for (const button of pad.querySelectorAll("[data-ago]")) {
    button.setAttribute("aria-pressed", String(button.dataset.ago === chosen));
  }
  pad.classList.toggle("other-time", chosen === "other");
  if (chosen === "other") field("taken_at").focus();
}

function onClick(event) {
  const tapped = event.target.closest(
    "[data-item], [data-key], [data-score], [data-ago], [data-because], [data-pad-close]",
  );
  if (!tapped) return;
  const { item, key, score, because, ago: chosen } = tapped.dataset;
  if (tapped.matches("a")) event.preventDefault();
  if (item) open(item, tapped.dataset.field, tapped.matches("a") ? tapped : null);
  else if (key) press(key);
  else if (score) chartOne(pad.dataset.shown, score);
  else if (chosen) setAgo(chosen);
  else if (because) excuse(because);
  else close();
}

function onKey(event) {
  const link = event.target.closest?.("a[data-item]");
  if (link && event.key === " ") {
    event.preventDefault();
    link.click();
  }
  if (event.key === "Escape" && pad.classList.contains("open")) close();
  const digit = /^[0-9]$/.test(event.key) && event.target.closest?.(".scores");
  if (digit) event.target.closest(".scores").querySelector(`[data-score="${event.key}"]`)?.focus();
}

/* The pad ends where the clock does, however many lines the clock has. */
function measureBar() {
  const bar = document.querySelector(".session-bar");
  const measure = () => document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`);
  new ResizeObserver(measure).observe(bar, { box: "border-box" });
  measure();
}

function start() {
  measureBar();
  for (const part of pad.querySelectorAll("[data-js]")) part.hidden = false;
  pad.classList.add("sheet");
  const coarse = matchMedia("(pointer: coarse)").matches;
  for (const input of vitals()) {
    input.addEventListener("focus", () => (pad.dataset.field = input.name));
    if (coarse) input.setAttribute("inputmode", "none");
  }
  const wrongIn = (part) => pad.querySelector(`${part} [aria-invalid="true"]`);
  const isExcuse = wrongIn("#could-not") || pad.querySelector("#could-not .error-summary");
  if (isExcuse) cannot.classList.add("in-words");
  show(isExcuse ? "cannot" : wrongIn(".pad-plain") ? "all" : "set");
  if (field("taken_at").value || field("taken_at").getAttribute("aria-invalid")) setAgo("other");
  pad.querySelector("[data-chart]").addEventListener("click", chart);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("reset", afterKept);
  pad.addEventListener("unfold", unfold);
  if (pad.classList.contains("open")) {
    const wrong = pad.querySelector('[aria-invalid="true"]');
    (wrong ?? pad.querySelector("#pad-title")).focus({ preventScroll: true });
  }
  const charted = document.querySelector("#charted .charted span");
  if (charted) say(charted.textContent);
}

if (form && one) start();
