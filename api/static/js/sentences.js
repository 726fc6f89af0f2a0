// @ts-check
/** A status as people say it. */

import { inLanguage, knows, say } from "./texts.js";

const EXPLAINED = ["no_device", "no_foot", "ready", "paused", "ended", "stopped", "fault"];

/** @param {any} status @returns {"left" | "right" | null} the foot being massaged */
export function workingSide(status) {
  const foot = status.session?.stroke?.foot;
  if (foot === "left" || foot === "right") return foot;
  const { left, right } = status.beds;
  const [a, b] = [left, right].map((bed) => Math.max(bed.force_n ?? 0, bed.target_n ?? 0));
  if (a < 0.2 && b < 0.2) return null;
  return a >= b ? "left" : "right";
}

/** @param {any} status @param {"left" | "right" | null} side @returns {string} */
export function sentence(status, side) {
  if (otherDevice(status)) return say("state.other_device");
  const { state, stroke, waiting_for: waiting } = status.session;
  if (waiting && knows(`waiting.${waiting}`) && waiting !== "acknowledge") {
    return say(`waiting.${waiting}`);
  }
  if (state !== "running") return say(`state.${state}`);
  const text = say(side ? `state.running.${side}` : "state.running");
  const doing = inLanguage(stroke?.title);
  return doing ? `${text}: ${doing.charAt(0).toLowerCase()}${doing.slice(1)}` : text;
}

/** @param {any} status @returns {any} the alarm of another machine than before, if there is one */
export function otherDevice(status) {
  return status?.alarms?.find((/** @type {any} */ one) => one.code === "other_device");
}

/** @param {any} status @returns {string} what to know or do next */
export function hint(status) {
  const other = otherDevice(status);
  if (other) return say("hint.other_device", other); // its button comes before “All is well”
  const [alarm] = status.alarms ?? [];
  if (alarm) {
    const text = explained(alarm.code, alarm.advice) || say("reason.other", alarm);
    return withNextStep(status, text);
  }
  const { state, reason } = status.session;
  if (reason && reason !== "stop" && EXPLAINED.includes(state)) {
    const text = explained(reason, reason);
    if (text) return text;
  }
  return knows(`hint.${state}`) ? say(`hint.${state}`) : "";
}

/** After a fault somebody has to say that all is well. @param {any} status @param {string} text */
function withNextStep(status, text) {
  if (status.session.state !== "fault" || text.includes(say("action.acknowledge"))) return text;
  return `${text} ${say("waiting.acknowledge")}`.trim();
}

/** @param {string} code @param {string} advice @returns {string} what it means, and what to do */
function explained(code, advice) {
  if (!knows(`reason.${code}`)) return "";
  const next = knows(`advice.${advice}`) ? say(`advice.${advice}`) : "";
  return `${say(`reason.${code}`)} ${next}`.trim();
}

/**
 * @param {any} bed @param {import("./sole.js").Sole} sole @param {boolean} withZone
 * @returns {string} what lies on the roller
 */
export function underRoller(bed, sole, withZone) {
  const region = bed.region_under_head;
  const parts = region && knows(`region.${region}`) ? [say(`region.${region}`)] : [];
  const zone = sole.zone(bed.zone_under_head);
  if (zone && (withZone || parts.length === 0)) {
    parts.push(say("label.zone", { no: zone.no, name: inLanguage(zone.name) }));
  }
  return parts.length ? `${say("label.under_roller")}: ${parts.join(" · ")}` : "";
}

const CALM_MS = 700;

/** A line that does not change again at once: a roller near a border is not a ticker. */
export class CalmLine {
  constructor() {
    this.shown = "";
    this.since_ms = -Infinity;
  }

  /** @param {string} text @param {number} now_ms @returns {string} what to show now */
  next(text, now_ms) {
    const settled = now_ms - this.since_ms >= CALM_MS;
    if (text !== this.shown && (settled || text === "" || this.shown === "")) {
      this.shown = text;
      this.since_ms = now_ms;
    }
    return this.shown;
  }
}

/** @param {number} seconds @returns {string} minutes and seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
