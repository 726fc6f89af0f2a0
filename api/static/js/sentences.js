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
  const { state, stroke, waiting_for: waiting } = status.session;
  if (waiting && knows(`waiting.${waiting}`) && waiting !== "acknowledge") {
    return say(`waiting.${waiting}`);
  }
  if (state !== "running") return say(`state.${state}`);
  const text = say(side ? `state.running.${side}` : "state.running");
  const doing = inLanguage(stroke?.title);
  return doing ? `${text}: ${doing.charAt(0).toLowerCase()}${doing.slice(1)}` : text;
}

/** @param {any} status @returns {string} what to know or do next */
export function hint(status) {
  const [alarm] = status.alarms ?? [];
  if (alarm) return explained(alarm.code, alarm.advice) || say("reason.other", alarm);
  const { state, reason } = status.session;
  if (reason && reason !== "stop" && EXPLAINED.includes(state)) {
    const text = explained(reason, reason);
    if (text) return text;
  }
  return knows(`hint.${state}`) ? say(`hint.${state}`) : "";
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

/** @param {number} seconds @returns {string} minutes and seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
