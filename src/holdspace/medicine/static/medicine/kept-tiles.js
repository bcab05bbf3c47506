/* Beside the big number of each kind: what this tablet keeps of it and has not sent. It is shown as it
was typed; whether it is outside a limit is for the server to say. */

import { clockTime, element, momentOf, wallTime } from "../js/page.js";

/* When it was taken, as its author said; otherwise when it was written down. */
function takenAt(said, made) {
  if (!said) return made;
  const wall = /^\d\d:\d\d$/.test(said) ? `${wallTime(made).slice(0, 10)}T${said}` : said;
  const moment = momentOf(wall);
  return Number.isNaN(moment) ? made : moment;
}

function numberIn(values, name) {
  if (name !== "systolic") return values.get(name);
  const [high, low] = [values.get("systolic"), values.get("diastolic")];
  return high && low ? `${high}/${low}` : high || low;
}

/* `entries` are readings that wait, in the order in which they were written. */
export function showInTiles(entries, momentMade) {
  for (const old of document.querySelectorAll(".kept-newer")) old.remove();
  const kept = entries.map((content) => {
    const values = new Map(content.fields);
    return { values, at: takenAt(values.get("taken_at"), momentMade(content)) };
  });
  for (const link of document.querySelectorAll("#readings dt a[data-field]")) {
    const tile = link.closest("div").querySelector("dd");
    const mine = kept.filter(({ values }) => numberIn(values, link.dataset.field));
    const last = mine.reduce((one, other) => (one && one.at > other.at ? one : other), null);
    if (last) tile.append(words(last, numberIn(last.values, link.dataset.field), tile));
  }
}

function words({ at }, number, tile) {
  const shown = Date.parse(tile.querySelector("time")?.dateTime ?? "");
  const isNewer = Number.isNaN(shown) || at >= shown;
  const said = `${isNewer ? "newer" : "also"}: ${number} at ${clockTime(at)}, kept here, not yet sent`;
  return element("p", "kept-newer", said);
}
