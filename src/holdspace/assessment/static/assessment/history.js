/* One key a question: Y, N or U answers and goes on. And each medicine says if it is recognised. */

const ANSWER = { y: "yes", n: "no", u: "not_known" };
const asks = [...document.querySelectorAll("fieldset.ask")];

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
  const next = asks[asks.indexOf(ask) + 1]?.querySelector('input[type="radio"]');
  (day || next || wanted).focus();
});

const known = new Map(
  [...document.querySelectorAll("#known-medicines option")].map((o) => [o.value, o.textContent]),
);

function recognise(row) {
  const name = row.querySelector('input[type="text"]').value.trim().toLowerCase().replace(/\s+/g, " ");
  const said = row.querySelector(".recognised");
  const group = known.get(name);
  said.textContent = !name ? "" : group ?? "Not recognised: review by hand";
  said.classList.toggle("unknown", Boolean(name) && group === undefined);
}

for (const row of document.querySelectorAll("[data-medicine]")) {
  row.addEventListener("change", () => recognise(row));
  recognise(row);
}
