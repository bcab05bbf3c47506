/* Nothing typed is lost: a form with data-draft is kept on the server while it is being filled in.

In a form[data-keep] what is typed has one id from its first letter on: its draft, the entry that the
tablet keeps and the row in the record all bear it. So the draft ends with its own entry, and never
with another one that was written into the same form. */

import { sendingFromHere } from "./keep/store.js";
import { background, clockTime, element, hiddenField, newId, now, say } from "./page.js";

const URL_OF_DRAFTS = "/chart/drafts/";
const PAUSE_MS = 800;
const RETRY_MS = 4000;
const TIMEOUT_MS = 8000;
const NEVER = 'input[type="password"], input[type="file"], [data-no-draft], [data-no-draft] *';
const WHY_NOT = {
  0: "Not saved: connection lost, trying again",
  401: "Not saved: you are signed off. Keep this page open and sign in again in another window.",
  403: "Not saved: this page is too old. Keep it open and sign in again in another window.",
};
const keepers = [];

/* Saves what is still waiting; the automatic log-off calls it before it covers the page. */
export const saveAllDrafts = () => Promise.all(keepers.map((keeper) => keeper.flush()));
export const unsavedDrafts = () => keepers.some((keeper) => keeper.dirty);

function fieldsOf(form) {
  return [...form.elements].filter(
    (field) =>
      field.name &&
      !field.matches(NEVER) &&
      !["hidden", "submit", "button", "reset"].includes(field.type),
  );
}

function collect(form) {
  const data = {};
  for (const field of fieldsOf(form)) {
    const chosen = !["checkbox", "radio"].includes(field.type) || field.checked;
    const values = field.type === "select-multiple"
      ? [...field.selectedOptions].map((option) => option.value)
      : chosen ? [field.value] : [];
    data[field.name] = (data[field.name] ?? []).concat(values);
  }
  return data;
}

export function fill(form, data) {
  for (const field of fieldsOf(form)) {
    const values = data[field.name];
    if (!Array.isArray(values)) continue;
    if (["checkbox", "radio"].includes(field.type)) {
      field.checked = values.includes(field.value);
    } else if (field.type === "select-multiple") {
      for (const option of field.options) option.selected = values.includes(option.value);
    } else {
      field.value = values.shift() ?? "";
    }
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

class Keeper {
  constructor(form) {
    this.form = form;
    this.key = form.dataset.draft;
    this.asRendered = JSON.stringify(collect(form));
    this.dirty = false;
    this.sending = null;
    this.isEnded = false; // it became an entry: nothing more of it is saved
    this.note = element("div", "draft-note no-print");
    this.note.setAttribute("role", "status");
    form.append(this.note);
    hiddenField(form, "draft_key").value = this.key;
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", (event) => event.isTrusted && this.changed());
    form.addEventListener("submit", (event) => this.submitting(event));
  }

  /* A save that is under way lands before the form does, or it would outlive the form's acceptance. */
  async submitting(event) {
    clearTimeout(this.timer);
    if (!this.sending) return;
    event.preventDefault();
    await this.sending;
    this.form.requestSubmit(event.submitter);
  }

  tell(text, { lost = false, action } = {}) {
    this.note.classList.toggle("lost", lost);
    this.note.replaceChildren(element("span", "", text));
    if (!action) return;
    const button = element("button", "", action.label);
    button.type = "button";
    button.addEventListener("click", action.run);
    this.note.append(button);
  }

  changed() {
    this.dirty = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), PAUSE_MS);
  }

  /* One save at a time; what is typed meanwhile is saved after it. The form itself is the memory. */
  async flush() {
    clearTimeout(this.timer);
    if (this.sending) await this.sending;
    if (!this.dirty || this.isEnded || this.form.dataset.sent) return;
    this.dirty = false;
    this.sending = this.send(this.written());
    const status = await this.sending;
    this.sending = null;
    if (this.isEnded) return;
    if (status >= 200 && status < 300) {
      this.tell(`Kept at ${clockTime(now())}. Not sent yet.`);
      return;
    }
    this.dirty = true;
    this.timer = setTimeout(() => this.flush(), RETRY_MS);
    this.tell(WHY_NOT[status] ?? WHY_NOT[0], { lost: true });
  }

  written() {
    const data = collect(this.form);
    if (!this.form.dataset.keep) return data;
    const field = hiddenField(this.form, "entry");
    field.value ||= newId();
    return { ...data, entry: [field.value] };
  }

  /* The answer's status; 0 when there was none. */
  async send(data) {
    try {
      const body = { key: this.key, data };
      const options = { method: "POST", body, timeout: TIMEOUT_MS };
      return (await background(URL_OF_DRAFTS, options)).status;
    } catch {
      return 0;
    }
  }

  /* Offers back what was typed, unless the form came back with errors or has been touched already, or
  it is an entry by now. Those are read first: one that is gone from here has taken its draft along. */
  async restore() {
    if (this.form.querySelector('[aria-invalid="true"]')) return;
    let kept;
    let entries;
    try {
      entries = this.form.dataset.keep ? await sendingFromHere() : new Set();
      const answer = await background(`${URL_OF_DRAFTS}?key=${encodeURIComponent(this.key)}`);
      kept = answer.ok && answer.status !== 204 ? await answer.json() : null;
    } catch {
      return;
    }
    if (!kept?.data || this.dirty || JSON.stringify(collect(this.form)) !== this.asRendered) return;
    const { entry: [entry] = [], ...data } = kept.data;
    if (entries.has(entry) || JSON.stringify(data) === this.asRendered) return;
    if (entry) hiddenField(this.form, "entry").value = entry;
    fill(this.form, data);
    const at = kept.saved_at ? ` at ${clockTime(Date.parse(kept.saved_at))}` : "";
    const discard = { label: "discard", run: () => this.discard() };
    this.tell(`Restored what you had typed${at} —`, { action: discard });
    say(`Restored what you had typed${at}`);
  }

  async discard() {
    clearTimeout(this.timer);
    this.dirty = false;
    fill(this.form, JSON.parse(this.asRendered));
    if (this.form.elements.entry) this.form.elements.entry.value = "";
    const status = await this.send(null);
    const gone = status >= 200 && status < 300;
    this.tell(gone ? "Discarded." : "Connection lost: it is kept until it can be discarded.", {
      lost: !gone,
    });
  }

  /* A save that is under way lands before the entry is sent, or it would outlive it. */
  async end() {
    this.isEnded = true;
    clearTimeout(this.timer);
    await this.sending;
    this.dirty = false;
    this.tell("");
  }
}

const keeperOf = (form) => keepers.find((one) => one.form === form);

/* What was typed is an entry in this tablet's store now; the server forgets its draft with it. */
export const endDraft = (form) => keeperOf(form)?.end();

/* The form is empty: what is typed next is another entry. */
export function beginDraft(form) {
  const keeper = keeperOf(form);
  if (keeper) keeper.isEnded = false;
}

export function startDrafts() {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const keeper = new Keeper(form);
    keepers.push(keeper);
    keeper.restore();
  }
  window.addEventListener("beforeunload", (event) => {
    const sending = keepers.some((keeper) => keeper.form.dataset.sent);
    if (unsavedDrafts() && !sending) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") saveAllDrafts();
  });
}
