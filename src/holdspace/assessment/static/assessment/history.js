/* One key a question: Y, N or U answers and goes on to whatever stands next on the page. */

import { after } from "./next.js";

const ANSWER = { y: "yes", n: "no", u: "not_known" };

document.addEventListener("keydown", (event) => {
  const ask = event.target.closest?.("fieldset.ask");
  const value = ANSWER[event.key.toLowerCase()];
  if (!ask || !value || event.target.type !== "radio") return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const wanted = ask.querySelector(`input[value="${value}"]`);
  if (!wanted) return;
  event.preventDefault();
  wanted.checked = true;
  wanted.dispatchEvent(new Event("input", { bubbles: true }));
  wanted.dispatchEvent(new Event("change", { bubbles: true }));
  const day = value === "yes" && ask.querySelector('input[type="date"]');
  (day || after(ask) || wanted).focus();
});
