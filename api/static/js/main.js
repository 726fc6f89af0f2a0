// @ts-check
/** The page: status in, a few words and pictures out. */

import { routines, Stop, wish } from "./actions.js";
import { Bed } from "./bed.js";
import { Live } from "./live.js";
import { CalmLine, clock, hint, otherDevice, sentence, underRoller, workingSide } from "./sentences.js";
import { Sole } from "./sole.js";
import { currentLanguage, inLanguage, preferredLanguage, say, useLanguage, useOtherLanguage } from "./texts.js";

const SCALE_N = 40;
const MOVING = ["starting", "running", "paused", "ending"];
const WORKING = ["running", "paused", "ending"];
const WISHING = ["no_foot", "ready", "ended", "stopped"];
const LEVELS = ["gentle", "normal", "strong"];

/** @type {Record<string, {text: string, path: string}>} what the one big button does, by state */
const ACTS = {
  no_foot: { text: "action.start", path: "/session" },
  ready: { text: "action.start", path: "/session" },
  ended: { text: "action.again", path: "/session" },
  stopped: { text: "action.start", path: "/session" },
  running: { text: "action.pause", path: "/session/pause" },
  paused: { text: "action.resume", path: "/session/resume" },
  fault: { text: "action.acknowledge", path: "/acknowledge" },
};

/** Whatever the state: a person has to say whether another machine is meant. */
const ACCEPT = { text: "action.accept_device", path: "/device/accept" };

/** @template {HTMLElement} T @param {string} id @returns {T} */
const element = (id) => /** @type {T} */ (document.getElementById(id));

/** Write only what changed: a live region is read aloud at every write. */
const write = (/** @type {string} */ id, /** @type {string} */ text) => {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
};

class Page {
  /** @param {Sole} sole */
  constructor(sole) {
    this.sole = sole;
    this.beds = {
      left: new Bed(element("left"), "left", sole),
      right: new Bed(element("right"), "right", sole),
    };
    /** @type {any} */
    this.status = null;
    /** @type {any[]} */
    this.library = [];
    this.noticeState = "";
    /** @type {"left" | "right" | null} */
    this.side = null;
    this.under = new CalmLine();
    this.listen();
    this.live = new Live(
      (status) => this.show(status),
      (image) => this.showImage(image),
      (hearing) => this.showHearing(hearing),
    );
  }

  listen() {
    element("act").addEventListener("click", () => this.act());
    element("wish").addEventListener("submit", (event) => event.preventDefault());
    element("language").addEventListener("click", async () => {
      await useOtherLanguage();
      this.showTexts();
    });
    element("zones").addEventListener("click", () => this.toggleZones());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.status) this.entered(this.status.session.state);
    });
  }

  toggleZones() {
    const shown = !this.beds.left.showZones;
    element("zones").setAttribute("aria-pressed", String(shown));
    for (const bed of [this.beds.left, this.beds.right]) {
      bed.showZones = shown;
      bed.ask();
    }
    this.under = new CalmLine();
    this.showSmall();
  }

  async act() {
    const act = this.actNow();
    if (!act) return;
    const body = this.bodyOf(act.path);
    write("notice", "");
    const code = await wish(act.path, body);
    this.noticeState = this.status.session.state;
    write("notice", code ? say(`refusal.${code}`) : "");
  }

  actNow() {
    return otherDevice(this.status) ? ACCEPT : ACTS[this.status?.session.state];
  }

  /** @param {string} path @returns {object | undefined} what the wish says */
  bodyOf(path) {
    if (path === ACCEPT.path) return { device_id: otherDevice(this.status)?.device_id ?? null };
    if (path !== "/session") return undefined;
    return {
      routine: /** @type {HTMLSelectElement} */ (element("routine")).value,
      level: /** @type {HTMLSelectElement} */ (element("level")).value,
    };
  }

  /** @param {any} status */
  show(status) {
    const before = this.status?.session.state;
    this.status = status;
    const { state } = status.session;
    this.side = workingSide(status) ?? (MOVING.includes(state) ? this.side : null);
    document.body.dataset.state = state;
    document.body.toggleAttribute("data-moving", MOVING.includes(state));
    document.body.toggleAttribute("data-alarm", status.alarms.length > 0);
    write("sentence", sentence(status, this.side));
    write("hint", hint(status));
    this.showBeds(status);
    this.showForce(status);
    this.showProgress(status.session);
    this.showAct(state);
    if (state !== this.noticeState) write("notice", "");
    if (state !== before) this.entered(state);
  }

  /** @param {string} state */
  entered(state) {
    if (state !== "no_device" && this.library.length === 0) this.loadRoutines();
    this.showSmall();
    keepAwake(MOVING.includes(state));
  }

  /** @param {any} status */
  showBeds(status) {
    for (const side of /** @type {const} */ (["left", "right"])) {
      const state = status.beds[side];
      this.beds[side].setState(state, status.images);
      const resting = state.contact?.finding === "foot";
      const load = `${Math.round(state.contact?.load_n ?? 0)} ${say("label.newton")}`;
      const empty = state.contact ? say("label.no_contact") : ""; // unfelt is not empty
      write(`${side}-note`, resting ? load : empty);
    }
    const text = this.side ? underRoller(status.beds[this.side], this.sole, this.beds.left.showZones) : "";
    write("under", this.under.next(text, performance.now()));
  }

  /** Without a device there is no present to show. @param {import("./live.js").PressureImage} image */
  showImage(image) {
    if (!this.status?.images) return;
    for (const bed of [this.beds.left, this.beds.right]) bed.setImage(image);
  }

  /** @param {any} status */
  showForce(status) {
    const shown = WORKING.includes(status.session.state);
    element("force").hidden = element("under").hidden = !shown;
    if (!shown) return;
    const bed = status.beds[this.side ?? "left"];
    const share = (/** @type {number | null} */ n) => Math.min(1, Math.max(0, (n ?? 0) / SCALE_N));
    style("#force .now", "transform", `scaleX(${share(bed.force_n).toFixed(3)})`);
    style("#force .target", "left", `${(100 * share(bed.target_n)).toFixed(1)}%`);
    style("#force .beyond", "width", `${(100 - 100 * share(bed.limit_n ?? SCALE_N)).toFixed(1)}%`);
    for (const name of ["now", "target", "limit"]) {
      const value = bed[name === "now" ? "force_n" : `${name}_n`];
      write(`force-${name}`, newtons(value));
    }
  }

  /** @param {any} session */
  showProgress(session) {
    const shown = WORKING.includes(session.state) && session.remaining_s !== null;
    element("progress").hidden = !shown;
    if (!shown) return;
    const share = Math.min(1, Math.max(0, session.progress ?? 0));
    style("#progress .done", "transform", `scaleX(${share.toFixed(4)})`);
    element("progress").setAttribute("aria-valuenow", String(Math.round(100 * share)));
    write("remaining", say("label.time_left", { time: clock(session.remaining_s) }));
  }

  /** @param {string} state */
  showAct(state) {
    const act = this.actNow();
    element("wish").hidden = !WISHING.includes(state);
    const button = /** @type {HTMLButtonElement} */ (element("act"));
    button.hidden = !act;
    if (!act) return;
    write("act", say(act.text));
    button.toggleAttribute("data-quiet", state === "running");
    const wanting = act.path === "/session";
    button.disabled = wanting && (state === "no_foot" || this.library.length === 0);
  }

  showSmall() {
    const zones = this.beds.left.showZones;
    const parts = [say("small.stop"), say("small.hardware"), zones ? say("small.zones") : ""];
    write("small", parts.filter(Boolean).join(" "));
    write("simulated", say("device.simulated"));
    element("simulated").hidden = this.status?.device.simulated !== true;
  }

  async loadRoutines() {
    try {
      this.library = await routines();
      this.showWishes();
    } catch {
      setTimeout(() => this.library.length || this.loadRoutines(), 1000);
    }
  }

  showWishes() {
    const routineBox = /** @type {HTMLSelectElement} */ (element("routine"));
    const levelBox = /** @type {HTMLSelectElement} */ (element("level"));
    const chosen = [routineBox.value, levelBox.value || "normal"];
    routineBox.replaceChildren(
      ...this.library.map((one) => {
        const length = say("label.minutes", { minutes: one.minutes.default });
        return new Option(`${inLanguage(one.title)}, ${length}`, one.id);
      }),
    );
    levelBox.replaceChildren(...LEVELS.map((one) => new Option(say(`level.${one}`), one)));
    if (chosen[0]) routineBox.value = chosen[0];
    levelBox.value = chosen[1];
  }

  showTexts() {
    element("left").setAttribute("aria-label", say("label.image_left"));
    element("right").setAttribute("aria-label", say("label.image_right"));
    element("progress").setAttribute("aria-label", say("label.progress"));
    this.showWishes();
    this.showSmall();
    this.under = new CalmLine();
    if (this.status) this.show(this.status);
    else write("sentence", say("state.connecting"));
  }

  /** @param {boolean} hearing */
  showHearing(hearing) {
    write("banner", hearing ? "" : say("banner.lost"));
    element("banner").hidden = hearing;
    document.body.classList.toggle("old", !hearing);
  }
}

/** A load cell at rest reads a little below nothing; nobody needs to see that. @param {number | null} value */
function newtons(value) {
  if (value === null || value === undefined) return "–";
  const figures = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${Math.max(0, value).toLocaleString(currentLanguage(), figures)} ${say("label.newton")}`;
}

/** @param {string} selector @param {string} property @param {string} value */
function style(selector, property, value) {
  /** @type {HTMLElement} */ (document.querySelector(selector)).style.setProperty(property, value);
}

/** @type {any} */
let wakeLock = null;

/** A phone that goes dark takes STOP with it. @param {boolean} wanted */
async function keepAwake(wanted) {
  try {
    if (!wanted) {
      await wakeLock?.release();
      wakeLock = null;
    } else if (!wakeLock || wakeLock.released) {
      wakeLock = await navigator.wakeLock?.request("screen");
    }
  } catch {
    wakeLock = null; // not granted (battery saver); the page works without
  }
}

/** @param {"idle" | "stopping" | "unsure"} phase */
function showStop(phase) {
  const keys = { idle: "action.stop", stopping: "action.stopping", unsure: "action.stop_unsure" };
  element("stop-text").dataset.text = keys[phase];
  write("stop-text", say(keys[phase]));
  element("stop").toggleAttribute("data-long", phase === "unsure");
}

/** STOP works before anything else is loaded, and without this script as a plain form. */
function listenForStop() {
  const stop = new Stop(showStop);
  // The finger on the glass is enough; `submit` serves keyboards and screen readers.
  element("stop").addEventListener("pointerdown", () => stop.now());
  element("stop-form").addEventListener("submit", (event) => {
    event.preventDefault();
    stop.now();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") stop.now();
  });
}

listenForStop();
await useLanguage(preferredLanguage());
const atlas = await (await fetch("/api/v1/atlas")).json();
new Page(new Sole(atlas)).showTexts();
