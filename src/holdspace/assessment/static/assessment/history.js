/* One key a question: it answers and goes on to whatever stands next. Enter goes on as well. */

import { after } from "./next.js";

/* What a key may mean; the first that a question offers is taken. */
const ANSWER = {
  y: ["yes", "now"],
  n: ["no", "never"],
  p: ["past"],
  u: ["not_known", "not_asked"],
};

document.addEventListener("keydown", (event) => {
  const ask = event.target.closest?.("fieldset.ask");
  const values = ANSWER[event.key.toLowerCase()];
  if (!ask || !values || event.target.type !== "radio") return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const wanted = values
    .map((value) => ask.querySelector(`input[value="${value}"]`))
    .find((input) => input);
  if (!wanted) return;
  event.preventDefault();
  wanted.checked = true;
  wanted.dispatchEvent(new Event("input", { bubbles: true }));
  wanted.dispatchEvent(new Event("change", { bubbles: true }));
  const when = ["yes", "past"].includes(wanted.value) && ask.querySelector(".ask-day input");
  (when || after(ask) || wanted).focus();
});

/* Enter in a field goes to the next one, and signs only from the password. */
document.querySelector("form[data-draft]:has(fieldset.ask)")?.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || event.defaultPrevented || event.isComposing) return;
  if (!field.matches("input, select") || field.type === "password") return;
  event.preventDefault();
  after(field.type === "radio" ? (field.closest("fieldset") ?? field) : field)?.focus();
});
