/* The player of a session's music. It follows the phases that the server worked out, plays from
   files kept on this device, and is never stopped by the page reading its parts again. */

import { MomentLog, sendMoments } from "../js/keep/moments.js";
import { clockTime, now, say } from "../js/page.js";
import { FADE_S, Files, Sound } from "./music-sound.js";

const TICK_MS = 1000;
const FETCH_AGAIN_MS = 15_000;
const FADE_OUT_S = 8;
const REMEMBER_MS = 4000;

class Player {
  constructor(root) {
    this.root = root;
    this.box = root.querySelector("[data-player]");
    this.plan = JSON.parse(root.dataset.music);
    this.files = new Files(this.plan.files);
    this.log = new MomentLog(this.plan.post);
    this.mode = "idle"; // idle, playing, paused, silent (by hand), faded
    this.places = {}; // phase -> the number of its next item
    this.item = null;
    this.phase = null;
    this.answered = new Set();
    this.state = { spans: [], refused: [], is_over: false };
    this.memory = `holdspace-music-at-${this.plan.session}`;
    this.left = this.remembered();
    this.others = new BroadcastChannel("holdspace-music"); // one window of a browser plays
  }

  start() {
    this.box.hidden = false;
    this.box.addEventListener("click", (event) => this.onButton(event));
    this.box.querySelector("[data-volume]").addEventListener("input", (event) => {
      this.sound?.volume(Number(event.target.value) / 100);
    });
    this.root.addEventListener("click", (event) => this.onAnswer(event));
    addEventListener("pagehide", () => this.onLeave());
    this.others.onmessage = () => this.mode === "playing" && this.pause();
    setInterval(() => this.tick(), TICK_MS);
    this.fetchFiles();
    setInterval(() => !this.files.isReady && this.fetchFiles(), FETCH_AGAIN_MS);
    this.tick();
  }

  async fetchFiles() {
    if (this.fetching) return;
    this.fetching = true;
    await this.files.fetchAll(() => this.show());
    this.fetching = false;
    this.show();
  }

  /* ---------------------------------------------------------- what the medicine says */

  readState() {
    const held = document.querySelector("#music-now [data-music-state]");
    if (held && held.dataset.musicState !== this.raw) {
      this.raw = held.dataset.musicState;
      this.state = JSON.parse(this.raw);
    }
    for (const box of document.querySelectorAll("#music-now [data-music-question]")) {
      box.hidden = this.answered.has(box.dataset.musicQuestion);
    }
    const other = document.querySelector("#music-now [data-music-elsewhere]");
    if (other) other.hidden = other.dataset.screen === this.log.screen;
  }

  phaseNow() {
    const at = now();
    const span = this.state.spans.find(
      (one) => (!one.begins || Date.parse(one.begins) <= at) && (!one.ends || at < Date.parse(one.ends)),
    );
    return span?.phase ?? "settle";
  }

  items(phase) {
    const refused = new Set(this.state.refused);
    const kept = new Set(this.plan.files);
    return this.plan.phases[phase].items.filter(
      (one) => one.silence || (kept.has(one.file) && !refused.has(one.track)),
    );
  }

  /* The next of a phase; after the last the first comes again. Null: the phase is silent. */
  take(phase) {
    const items = this.items(phase);
    if (!items.length) return null;
    const place = (this.places[phase] ?? 0) % items.length;
    this.places[phase] = place + 1;
    return items[place];
  }

  peek(phase) {
    const items = this.items(phase);
    return items.length ? items[(this.places[phase] ?? 0) % items.length] : null;
  }

  /* ---------------------------------------------------------- playing */

  async begin(item, from = 0) {
    this.item = item;
    this.silenceEnds = item?.silence ? now() + item.silence * 60_000 : null;
    this.note("playing");
    try {
      if (item?.file) await this.sound.play(this.files.source(item.file), from);
      else this.sound.rest();
    } catch {
      this.failed();
    }
    this.show();
  }

  next() {
    if (this.mode !== "playing") return;
    this.phase = this.phaseNow();
    this.begin(this.take(this.phase));
  }

  /* A file that can't be played is noted and passed over; when all fail it stays silent. */
  failed() {
    this.note("failed");
    this.failures = (this.failures ?? 0) + 1;
    const item = this.failures > this.items(this.phase).length ? null : this.take(this.phase);
    if (item === null) {
      this.item = null;
      this.sound.rest();
    } else {
      this.begin(item);
    }
  }

  makeSound() {
    this.sound ??= new Sound({
      ended: (deck) => deck === this.sound.current && this.next(),
      time: (deck) => this.onTime(deck),
      failed: (deck) => deck === this.sound.current && this.mode === "playing" && this.failed(),
    });
    this.sound.volume(Number(this.box.querySelector("[data-volume]").value) / 100);
  }

  onTime(deck) {
    if (deck !== this.sound.current || this.mode !== "playing") return;
    if (deck.audio.currentTime > 1) this.failures = 0;
    this.remember(deck.audio.currentTime);
    const fade = Math.min(FADE_S, deck.audio.duration / 4);
    if (deck.left <= fade && !this.isOnlyOne()) this.next();
  }

  /* One file alone does not fade into itself on the other deck before its end. */
  isOnlyOne() {
    const items = this.items(this.phaseNow());
    return items.length === 1 && items[0].file === this.item?.file;
  }

  tick() {
    this.readState();
    if (this.mode === "playing") {
      const phase = this.phaseNow();
      const isRefused = this.item?.track && this.state.refused.includes(this.item.track);
      const isOver = this.silenceEnds && now() >= this.silenceEnds;
      const isNew = phase !== this.phase;
      if (isNew && this.staysTheSame(phase)) this.phase = phase;
      else if (isNew || isRefused || isOver) this.next();
      else if (!this.item && this.peek(phase)) this.next();
    }
    if (this.state.is_over && this.mode === "playing") this.pause();
    this.show();
  }

  staysTheSame(phase) {
    return this.item === null && !this.items(phase).length;
  }

  /* ---------------------------------------------------------- hands */

  onButton(event) {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    if (button.dataset.do === "clear") this.log.clearRefused();
    else if (button.dataset.do === "play") this.playOrPause();
    else if (this.mode === "idle") this.playOrPause();
    else this[button.dataset.do]();
    this.show();
  }

  playOrPause() {
    if (this.mode === "playing") this.pause();
    else this.play();
  }

  play() {
    this.makeSound();
    const before = this.mode;
    this.mode = "playing";
    this.others.postMessage(this.log.screen);
    this.sound.up(true, before === "faded" ? FADE_OUT_S : 1);
    if (before === "idle") return this.first();
    this.note({ faded: "faded_in", silent: "sound" }[before] ?? "resumed");
    if (this.phase === this.phaseNow() && this.item) return this.sound.goOn();
    return this.next();
  }

  /* The first tap: where this page was left, if the phase is still the same. */
  first() {
    this.phase = this.phaseNow();
    const left = this.left;
    this.left = null;
    const place = this.items(this.phase).findIndex((one) => one.track && one.track === left?.track);
    if (left?.phase !== this.phase || place < 0) return this.begin(this.take(this.phase));
    this.places[this.phase] = place;
    return this.begin(this.take(this.phase), left.at);
  }

  pause() {
    this.mode = "paused";
    this.sound.hold();
    this.note("paused");
  }

  fade() {
    if (this.mode !== "playing") return this.play();
    this.mode = "faded";
    this.sound.up(false, FADE_OUT_S);
    this.note("faded_out");
    return setTimeout(() => this.mode === "faded" && this.sound.hold(), FADE_OUT_S * 1000);
  }

  silence() {
    if (this.mode !== "playing") return this.play();
    this.mode = "silent";
    this.sound.up(false, 2);
    this.note("silence");
    return setTimeout(() => this.mode === "silent" && this.sound.hold(), 2000);
  }

  duck() {
    this.sound.duck(!this.sound.isDucked);
    this.note(this.sound.isDucked ? "ducked" : "unducked");
  }

  skip() {
    this.note("skipped");
    if (this.mode !== "playing") this.item = null;
    else this.next();
  }

  onAnswer(event) {
    const button = event.target.closest("[data-music-answer]");
    if (!button) return;
    const about = button.closest("[data-music-question]").dataset.musicQuestion;
    this.answered.add(about);
    this.log.add(button.dataset.musicAnswer, { plan: this.plan.plan, about });
    // A part that holds the focus is not read again: the focus goes to the player.
    this.box.querySelector('[data-do="play"]').focus();
    this.readState();
  }

  onLeave() {
    if (this.mode === "playing") this.note("paused");
    sendMoments();
  }

  /* ---------------------------------------------------------- telling */

  note(what) {
    const more = { plan: this.plan.plan, phase: this.phase ?? this.phaseNow() };
    if (this.item?.track) more.track = this.item.track;
    this.log.add(what, more);
  }

  remember(at) {
    if (Date.now() - (this.rememberedAt ?? 0) < REMEMBER_MS || !this.item?.track) return;
    this.rememberedAt = Date.now();
    const text = JSON.stringify({ phase: this.phase, track: this.item.track, at });
    try {
      sessionStorage.setItem(this.memory, text);
    } catch {
      /* Then the track begins again after a reload. */
    }
  }

  remembered() {
    try {
      return JSON.parse(sessionStorage.getItem(this.memory));
    } catch {
      return null;
    }
  }

  title() {
    if (this.mode === "idle") {
      return this.left ? "Silent: this page was opened again. Tap to go on." : "Silent. Tap to begin.";
    }
    if (this.mode === "paused") return "Paused";
    if (this.mode === "faded") return "Faded out";
    if (this.mode === "silent") return "Silence";
    if (!this.item || this.item.silence) return "Silence, as planned";
    return `“${this.item.title}”${this.sound.isDucked ? ", quiet for talking" : ""}`;
  }

  /* What comes next, and when the phase changes. */
  upcoming() {
    const phase = this.phaseNow();
    const name = (key) => this.plan.phases[key].name;
    const span = this.state.spans.find((one) => one.phase === phase);
    const then = this.state.spans[this.state.spans.indexOf(span) + 1];
    const next = this.peek(phase);
    const words = next ? next.title ?? `${next.silence} min of silence` : "silence";
    const parts = [`${name(phase)}. Next: ${words}`];
    if (span?.ends && then) parts.push(`${name(then.phase)} from ${clockTime(Date.parse(span.ends))}`);
    return parts.join(" · ");
  }

  readiness() {
    const { kept, urls, isReady } = this.files;
    if (!urls.length) return "Nothing to play in this plan.";
    return isReady ? "Ready without network." : `Getting ready: ${kept} of ${urls.length} files are here.`;
  }

  showRefused() {
    const box = this.box.querySelector("[data-refused]");
    const refused = this.log.refused;
    box.hidden = !refused.length;
    const each = ({ moment, why }) => `${moment.what.replaceAll("_", " ")} at ${clockTime(Date.parse(moment.at))} (${why})`;
    const words = refused.map(each).join(", ");
    const node = box.querySelector("[data-refused-words]");
    if (node.textContent !== words) node.textContent = words;
  }

  show() {
    this.showRefused();
    const put = (selector, text) => {
      const node = this.box.querySelector(selector);
      if (node.textContent !== text) node.textContent = text;
    };
    const play = this.box.querySelector('[data-do="play"]');
    const fade = this.box.querySelector('[data-do="fade"]');
    const wasTitle = this.box.querySelector("[data-title]").textContent;
    put("[data-title]", this.title());
    if (wasTitle !== this.title() && this.mode === "playing") say(`Music: ${this.title()}`);
    put("[data-next]", this.upcoming());
    put("[data-ready]", this.readiness());
    const word = this.mode === "playing" ? "pause" : this.mode === "idle" && !this.left ? "play" : "goOn";
    put('[data-do="play"]', play.dataset[word]);
    put('[data-do="fade"]', this.mode === "faded" ? fade.dataset.in : fade.dataset.out);
    this.box.querySelector('[data-do="duck"]').setAttribute("aria-pressed", String(Boolean(this.sound?.isDucked)));
    this.box.querySelector('[data-do="silence"]').setAttribute("aria-pressed", String(this.mode === "silent"));
    this.box.dataset.mode = this.mode;
    this.box.dataset.phase = this.phase ?? "";
  }
}

const root = document.querySelector("[data-music]");
if (root) new Player(root).start();
