/* Small helps of the session page: who was told, how it ended, phrases for a note. */

import { say } from "../js/page.js";
import { closeEmergency, startEmergency } from "./emergency.js";

const entered = new WeakSet(); // fields that had the cursor: before, a phrase goes to the end

function unfold(id, name, value) {
  closeEmergency(); // its buttons lead to forms of the page behind it
  const part = document.getElementById(id);
  part.open = true;
  const choice = part.querySelector(`[name="${name}"]`);
  if (value && choice) choice.value = value;
  return part;
}

function onClick(event) {
  const tapped = event.target.closest("[data-told], [data-ending], [data-fill], [data-phrase]");
  if (!tapped) return;
  const { told, ending, fill, phrase } = tapped.dataset;
  if (told !== undefined) {
    event.preventDefault();
    unfold("told", "about", told).querySelector('[name="who"]').focus();
  } else if (ending) {
    event.preventDefault();
    unfold("end", "ending", ending).querySelector('[name="reason"]').focus();
  } else if (fill) {
    const field = document.getElementById(fill);
    field.value = tapped.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    say(tapped.value);
  } else insert(document.getElementById(phrase), tapped.value);
}

/* A phrase goes in where the cursor stands, and can be changed before the note is kept. */
function insert(field, words) {
  const { value } = field;
  const [from, to] = entered.has(field) ? [field.selectionStart, field.selectionEnd] : [value.length, value.length];
  const before = from > 0 && !/\s$/.test(value.slice(0, from)) ? " " : "";
  const after = to < value.length && !/^\s/.test(value.slice(to)) ? " " : "";
  field.setRangeText(before + words + after, from, to, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function start() {
  for (const part of document.querySelectorAll("main [data-js]:not(.pad *)")) part.hidden = false;
  document.addEventListener("click", onClick);
  document.addEventListener("focusin", ({ target }) => entered.add(target));
  startEmergency();
}

start();
