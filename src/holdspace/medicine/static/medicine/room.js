/* Small helps of the session page: the emergency page, who was told, what helps on a phone. */

import { say } from "../js/page.js";

const emergency = document.getElementById("emergency");
const entered = new WeakSet(); // fields that had the cursor: before, a phrase goes to the end

function showEmergency() {
  emergency.classList.add("open");
  emergency.querySelector("#emergency-title").focus();
}

function unfold(id, name, value) {
  const part = document.getElementById(id);
  part.open = true;
  const choice = part.querySelector(`[name="${name}"]`);
  if (value && choice) choice.value = value;
  return part;
}

function onClick(event) {
  const tapped = event.target.closest(
    "[data-told], [data-ending], [data-fill], [data-emergency-close], [data-phrase]",
  );
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
  } else if (phrase) {
    insert(document.getElementById(phrase), tapped.value);
  } else {
    emergency.classList.remove("open");
  }
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
  for (const form of document.querySelectorAll('form[data-opens="emergency"]')) {
    form.addEventListener("submit", showEmergency);
  }
  emergency?.addEventListener("unfold", showEmergency); // an entry of it is to be corrected
  if (emergency?.classList.contains("open")) showEmergency();
}

start();
