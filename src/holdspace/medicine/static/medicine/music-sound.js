/* Sound itself: files kept on this device, and two decks that fade into one another. */

const CACHE = "holdspace-music";
export const FADE_S = 6;
const DUCKED = 0.25;

/* Each file is fetched once, one after the other, so that the server has hands free for others. */
export class Files {
  constructor(urls) {
    this.urls = [...new Set(urls)];
    this.blobs = new Map();
    this.places = new Map();
  }

  get kept() {
    return this.urls.filter((url) => this.blobs.has(url)).length;
  }

  get isReady() {
    return this.kept === this.urls.length;
  }

  async fetchAll(changed) {
    for (const url of this.urls) {
      if (this.blobs.has(url)) continue;
      try {
        this.blobs.set(url, await this.fetchOne(url));
        changed();
      } catch {
        /* Tried again later; until then it is played over the network. */
      }
    }
  }

  async fetchOne(url) {
    const cache = "caches" in window ? await caches.open(CACHE) : null;
    let answer = await cache?.match(url);
    if (!answer) {
      answer = await fetch(url, { credentials: "same-origin" });
      if (answer.status !== 200) throw new Error(`${answer.status}`);
      await cache?.put(url, answer.clone());
    }
    return answer.blob();
  }

  source(url) {
    const blob = this.blobs.get(url);
    if (!blob) return url;
    if (!this.places.has(url)) this.places.set(url, URL.createObjectURL(blob));
    return this.places.get(url);
  }
}

/* One sound element behind a volume of its own. Elements stand outside the page's tree, so that
   nothing that is replaced there can stop them. */
class Deck {
  constructor(context, out, onEnd, onTime, onError) {
    this.audio = new Audio();
    this.audio.preload = "auto";
    this.gain = context.createGain();
    this.gain.gain.value = 0;
    context.createMediaElementSource(this.audio).connect(this.gain).connect(out);
    this.audio.addEventListener("ended", () => onEnd(this));
    this.audio.addEventListener("timeupdate", () => onTime(this));
    this.audio.addEventListener("error", () => this.audio.src && onError(this));
  }

  get left() {
    return this.audio.duration - this.audio.currentTime;
  }
}

export class Sound {
  constructor(handlers) {
    const Context = window.AudioContext ?? window.webkitAudioContext;
    this.context = new Context();
    this.master = this.context.createGain();
    this.master.connect(this.context.destination);
    this.level = 0.7;
    this.isDucked = false;
    this.isUp = true;
    const make = () =>
      new Deck(this.context, this.master, handlers.ended, handlers.time, handlers.failed);
    this.decks = [make(), make()];
    this.current = null;
    this.set(0);
  }

  ramp(param, value, seconds) {
    const at = this.context.currentTime;
    param.cancelScheduledValues(at);
    param.setValueAtTime(param.value, at);
    param.linearRampToValueAtTime(value, at + Math.max(seconds, 0.02));
  }

  set(seconds) {
    const height = this.isUp ? this.level * (this.isDucked ? DUCKED : 1) : 0;
    this.ramp(this.master.gain, height, seconds);
  }

  /* Begin a file, from a second of it; what plays now fades out under it. */
  async play(source, from = 0) {
    await this.context.resume();
    const before = this.current;
    const deck = this.decks.find((one) => one !== before);
    deck.audio.src = source;
    if (from) deck.audio.currentTime = from;
    this.current = deck;
    if (before) this.fadeAway(before);
    this.ramp(deck.gain.gain, 1, before ? FADE_S : 1);
    await deck.audio.play();
  }

  fadeAway(deck, seconds = FADE_S) {
    this.ramp(deck.gain.gain, 0, seconds);
    setTimeout(() => deck !== this.current && deck.audio.pause(), seconds * 1000);
  }

  /* Nothing of a plan plays: a silence, or a phase that is empty. */
  rest() {
    if (this.current) {
      const deck = this.current;
      this.current = null;
      this.fadeAway(deck);
    }
  }

  up(isUp, seconds) {
    this.isUp = isUp;
    this.set(seconds);
  }

  duck(isDucked) {
    this.isDucked = isDucked;
    this.set(1);
  }

  volume(level) {
    this.level = level;
    this.set(0.2);
  }

  hold() {
    for (const deck of this.decks) deck.audio.pause();
  }

  async goOn() {
    await this.context.resume();
    await this.current?.audio.play();
  }
}
