// @ts-check
/** What a person can do: wishes the machine may refuse, and STOP, which it may not. */

const STOP_EVERY_MS = 200;
const STOP_UNSURE_MS = 1000;
const STOP_GIVE_UP_MS = 15_000;

/**
 * @param {string} path below /api/v1 @param {object} [body]
 * @returns {Promise<string>} "" when accepted, else a code
 */
export async function wish(path, body) {
  try {
    const answer = await fetch(`/api/v1${path}`, {
      method: "POST",
      headers: body ? { "content-type": "application/json" } : {},
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(3000),
    });
    if (answer.ok) return "";
    return (await answer.json()).code ?? "unreachable";
  } catch {
    return "unreachable";
  }
}

/** @returns {Promise<any[]>} */
export async function routines() {
  const answer = await fetch("/api/v1/routines");
  if (!answer.ok) throw new Error(`routines: ${answer.status}`);
  return (await answer.json()).routines;
}

export class Stop {
  /** @param {(phase: "idle" | "stopping" | "unsure") => void} onPhase */
  constructor(onPhase) {
    this.onPhase = onPhase;
    this.busy = false;
  }

  /** Ask again and again until somebody confirms; every attempt is on its own. */
  async now() {
    if (this.busy) return;
    this.busy = true;
    this.onPhase("stopping");
    const begun = performance.now();
    let confirmed = false;
    while (!confirmed && performance.now() - begun < STOP_GIVE_UP_MS) {
      const attempt = sendStop().then((ok) => (confirmed ||= ok));
      await Promise.race([attempt, pause(STOP_EVERY_MS)]);
      if (!confirmed) {
        await pause(STOP_EVERY_MS / 4);
        if (performance.now() - begun > STOP_UNSURE_MS) this.onPhase("unsure");
      }
    }
    this.busy = false;
    this.onPhase("idle");
  }
}

async function sendStop() {
  try {
    const answer = await fetch("/api/v1/stop", {
      method: "POST",
      keepalive: true,
      signal: AbortSignal.timeout(1000),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

/** @param {number} ms @returns {Promise<void>} */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
