/* The medical page: each medicine says what it is, and two numbers are reckoned. */

import { background } from "../js/page.js";

const form = document.querySelector("form[data-draft]");
const value = (name) => form.elements[name]?.value.trim() ?? "";

/* --- medicines */

const rows = [...document.querySelectorAll("[data-medicine]")];
const nameOf = (row) => row.querySelector('input[name^="medicine_"]');

function show(row, said) {
  const place = row.querySelector(".recognised");
  const unknown = Boolean(said) && !said.is;
  place.classList.toggle("unknown", unknown);
  place.textContent = !said ? "" : said.is || "Not recognised: review by hand.";
  if (unknown && said.near.length) place.textContent += ` Did you mean ${said.near.join(", ")}?`;
}

async function recognise(row) {
  const name = nameOf(row).value.trim();
  if (!name) return show(row, null);
  try {
    const answer = await background("/assessment/medicine/", { method: "POST", body: { name } });
    if (answer.ok && nameOf(row).value.trim() === name) show(row, await answer.json());
  } catch {
    row.querySelector(".recognised").textContent = "";
  }
}

for (const row of rows) nameOf(row).addEventListener("change", () => recognise(row));

/* Where no medicine is taken and none is named, there is nothing to step through. */
const none = form.elements.no_medicines;
const fold = () => {
  const named = rows.some((row) => [...row.querySelectorAll("input")].some((each) => each.value));
  document.querySelector("[data-medicines]").hidden = none.checked && !named;
};
none.addEventListener("change", fold);
fold();

/* --- numbers that follow from others; the server reckons them again for the signed text */

const NUMBER = /^\d+(\.\d+)?$/;

function bodyMass() {
  const [kg, cm] = [value("weight"), value("height")];
  const known = NUMBER.test(kg) && NUMBER.test(cm) && Number(cm) > 0;
  const index = known ? Number(kg) / (Number(cm) / 100) ** 2 : 0;
  document.getElementById("body-mass").textContent = known ? `${index.toFixed(1)} kg/m²` : "–";
}

function stopBang() {
  const items = [...form.querySelectorAll('input[name^="sb_"]:checked')];
  const yes = items.filter((item) => item.value === "yes").length;
  document.getElementById("stop-bang").textContent =
    items.length === 8 ? `${yes} of 8` : `${items.length} of 8 answered`;
}

const reckon = () => { bodyMass(); stopBang(); };
form.addEventListener("input", reckon);
form.addEventListener("change", reckon);
reckon();
