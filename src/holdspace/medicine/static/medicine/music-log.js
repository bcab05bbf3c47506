/* What a player did, kept on this device until the server has it: keys and times, no name.

Every moment has its own key, so sending it twice is one row. Nothing waits for the network. */

import { background, newId, now } from "../js/page.js";

const WAIT_MS = 1500;
const AGAIN_MS = 10_000;
const AT_ONCE = 100;

function stored(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export class MomentLog {
  constructor(session, address) {
    this.place = `holdspace-music-${session}`;
    this.address = address;
    this.screen = newId();
    this.waiting = stored(this.place, []);
    this.sending = false;
    addEventListener("online", () => this.send());
    setInterval(() => this.send(), AGAIN_MS);
    this.send();
  }

  add(what, more) {
    const at = new Date(now()).toISOString();
    this.waiting.push({ id: newId(), what, at, screen: this.screen, ...more });
    this.keep();
    setTimeout(() => this.send(), WAIT_MS);
  }

  keep() {
    try {
      if (this.waiting.length) localStorage.setItem(this.place, JSON.stringify(this.waiting));
      else localStorage.removeItem(this.place);
    } catch {
      /* Private windows may refuse storage; the moments are still in this page. */
    }
  }

  async send() {
    if (this.sending || !this.waiting.length) return;
    this.sending = true;
    const moments = this.waiting.slice(0, AT_ONCE);
    try {
      const answer = await background(this.address, { method: "POST", body: { moments } });
      if (answer.ok) {
        const { kept, refused } = await answer.json();
        const done = new Set([...kept, ...refused.map((one) => one.id)]);
        this.waiting = this.waiting.filter((one) => !done.has(one.id));
        this.keep();
      }
    } catch {
      /* The next try is in ten seconds, or when the network is back. */
    } finally {
      this.sending = false;
    }
  }
}
