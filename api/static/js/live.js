// @ts-check
/** The live stream: status and pressure image, reconnecting by itself. */

const SILENCE_MS = 1000;
const BACKOFF_MS = [250, 500, 1000, 2000];
const HEADER_BYTES = 16;

/**
 * @typedef {object} PressureImage
 * @property {number} rows
 * @property {number} cols
 * @property {Uint16Array} cells tenths of kPa, left bed then right bed, row 0 at the toes
 */

export class Live {
  /**
   * @param {(status: any) => void} onStatus
   * @param {(image: PressureImage) => void} onImage
   * @param {(heard: boolean) => void} onHearing called when the stream falls silent or comes back
   */
  constructor(onStatus, onImage, onHearing) {
    this.onStatus = onStatus;
    this.onImage = onImage;
    this.onHearing = onHearing;
    this.heardAt = performance.now();
    this.hearing = true;
    this.failures = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.connect();
    setInterval(() => this.listen(), 200);
    document.addEventListener("visibilitychange", () => this.wake());
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/live`);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      const wait = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
      this.failures += 1;
      setTimeout(() => this.socket ?? this.connect(), wait);
    };
    this.socket = socket;
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    this.heardAt = performance.now();
    this.failures = 0;
    if (!this.hearing) this.setHearing(true);
    if (typeof data === "string") this.onStatus(JSON.parse(data));
    else this.onImage(parseImage(data));
  }

  listen() {
    const silentMs = performance.now() - this.heardAt;
    if (silentMs > SILENCE_MS && this.hearing) this.setHearing(false);
    // A connection that is open and mute (a network that vanished) is replaced, not waited for.
    if (silentMs > 3 * SILENCE_MS && this.socket?.readyState === WebSocket.OPEN) this.replace();
  }

  wake() {
    if (document.visibilityState === "visible" && !this.hearing) this.replace();
  }

  replace() {
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.heardAt = performance.now() - SILENCE_MS;
    this.connect();
  }

  /** @param {boolean} hearing */
  setHearing(hearing) {
    this.hearing = hearing;
    this.onHearing(hearing);
  }
}

/** @param {ArrayBuffer} data @returns {PressureImage} */
export function parseImage(data) {
  const header = new DataView(data);
  const [rows, cols] = [header.getUint8(2), header.getUint8(3)];
  return { rows, cols, cells: new Uint16Array(data, HEADER_BYTES, 2 * rows * cols) };
}
