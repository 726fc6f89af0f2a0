// @ts-check
/** One foot bed on a canvas: pressure, fitted outline, zones, roller head. */

const FULL_KPA = 40;
const NOISE_KPA = 1.2;
const LEGIBLE_PX = 7;
const HEAD_RADIUS_MM = 9;
const SHADES = 256;

const PALETTES = {
  dark: [
    [27, 24, 20],
    [74, 40, 45],
    [150, 66, 48],
    [227, 150, 74],
    [255, 236, 196],
  ],
  light: [
    [236, 228, 213],
    [231, 192, 150],
    [214, 132, 79],
    [168, 66, 41],
    [92, 22, 28],
  ],
};

export class Bed {
  /** @param {HTMLCanvasElement} canvas @param {"left" | "right"} side @param {import("./sole.js").Sole} sole */
  constructor(canvas, side, sole) {
    this.canvas = canvas;
    this.side = side;
    this.sole = sole;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.cells = document.createElement("canvas");
    this.showZones = false;
    /** @type {import("./live.js").PressureImage | null} */
    this.image = null;
    /** @type {any} */
    this.state = null;
    this.size_mm = [160, 320];
    this.poseKey = "";
    /** @type {ReturnType<import("./sole.js").Sole["draw"]> | null} */
    this.drawing = null;
    this.asked = false;
    new ResizeObserver(() => this.ask()).observe(canvas);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    this.useTheme(dark.matches);
    dark.addEventListener("change", (event) => this.useTheme(event.matches));
  }

  /** @param {boolean} dark */
  useTheme(dark) {
    this.shades = shades(dark ? PALETTES.dark : PALETTES.light);
    const style = getComputedStyle(document.documentElement);
    this.colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
    this.ask();
  }

  /** @param {any} state @param {any} images */
  setState(state, images) {
    this.state = state;
    if (images) this.size_mm = [images.cols * images.pitch_mm[0], images.rows * images.pitch_mm[1]];
    else this.image = null;
    this.ask();
  }

  /** @param {import("./live.js").PressureImage} image */
  setImage(image) {
    this.image = image;
    this.ask();
  }

  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  draw() {
    const { canvas, context } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio].map(Math.round);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const [width_mm, height_mm] = this.size_mm;
    const scale = Math.min(width / width_mm, height / height_mm);
    const [left, top] = [(width - width_mm * scale) / 2, (height - height_mm * scale) / 2];
    context.setTransform(scale, 0, 0, scale, left, top);
    this.drawPressure(width_mm, height_mm);
    this.drawSole(scale / ratio, height_mm);
    this.drawHead(height_mm);
  }

  /** @param {number} width_mm @param {number} height_mm */
  drawPressure(width_mm, height_mm) {
    if (!this.image) return;
    const { rows, cols, cells } = this.image;
    Object.assign(this.cells, { width: cols, height: rows });
    const pixels = new ImageData(cols, rows);
    const words = new Uint32Array(pixels.data.buffer);
    const first = this.side === "left" ? 0 : rows * cols;
    for (let i = 0; i < rows * cols; i += 1) words[i] = this.shade(cells[first + i] / 10);
    const target = /** @type {CanvasRenderingContext2D} */ (this.cells.getContext("2d"));
    target.putImageData(pixels, 0, 0);
    this.context.imageSmoothingQuality = "high";
    this.context.drawImage(this.cells, 0, 0, width_mm, height_mm);
  }

  /** @param {number} kpa @returns {number} one pixel; a resting foot must show beside a pressing head */
  shade(kpa) {
    const share = Math.min(1, (Math.max(0, kpa - NOISE_KPA) / FULL_KPA) ** 0.65);
    return /** @type {Uint32Array} */ (this.shades)[Math.round(share * (SHADES - 1))];
  }

  /** @param {number} scale CSS pixels a millimetre @param {number} height_mm */
  drawSole(scale, height_mm) {
    const pose = this.state?.pose;
    if (!pose) return;
    const side = this.state.side ?? this.side;
    const key = JSON.stringify([pose, side, height_mm]);
    if (key !== this.poseKey) {
      this.drawing = this.sole.draw(pose, side, height_mm);
      this.poseKey = key;
    }
    const drawing = /** @type {NonNullable<typeof this.drawing>} */ (this.drawing);
    this.context.lineJoin = "round";
    this.context.lineWidth = 1.5 / scale;
    this.context.strokeStyle = this.colour("outline");
    this.context.stroke(drawing.outline);
    if (this.showZones) this.drawZones(drawing, scale);
  }

  /** @param {NonNullable<typeof this.drawing>} drawing @param {number} scale */
  drawZones(drawing, scale) {
    const { context } = this;
    const under = this.state?.zone_under_head;
    context.save();
    context.clip(drawing.outline);
    context.lineWidth = 0.75 / scale;
    for (const zone of drawing.zones) {
      context.strokeStyle = this.colour(zone.no === under ? "warm" : "zone");
      context.globalAlpha = zone.no === under ? 1 : 0.55;
      context.stroke(zone.path);
    }
    context.restore();
    this.writeNumbers(drawing, scale);
  }

  /** @param {NonNullable<typeof this.drawing>} drawing @param {number} scale */
  writeNumbers(drawing, scale) {
    const { context } = this;
    context.font = `600 ${10 / scale}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 2.5 / scale;
    context.strokeStyle = this.colour("bed");
    context.fillStyle = this.colour("zone");
    /** @type {[number, number][]} */
    const written = [];
    for (const zone of drawing.zones) {
      const [x, y] = zone.at;
      const crowded = written.some(
        ([wx, wy]) => Math.abs(wx - x) * scale < 15 && Math.abs(wy - y) * scale < 12,
      );
      if (zone.radius_mm * scale < LEGIBLE_PX || crowded) continue;
      written.push([x, y]);
      context.strokeText(String(zone.no), x, y);
      context.fillText(String(zone.no), x, y);
    }
  }

  /** @param {number} height_mm */
  drawHead(height_mm) {
    const head = this.state?.head;
    if (!head || !Number.isFinite(head.x_mm) || !Number.isFinite(head.y_mm)) return;
    const { context } = this;
    const pressing = (this.state.force_n ?? 0) >= 0.5;
    context.beginPath();
    context.arc(head.x_mm, height_mm - head.y_mm, HEAD_RADIUS_MM, 0, 2 * Math.PI);
    context.lineWidth = pressing ? 2.2 : 1.2;
    context.globalAlpha = pressing ? 1 : 0.5;
    context.strokeStyle = this.colour(pressing ? "ink" : "outline");
    context.stroke();
    context.globalAlpha = 1;
  }
}

/** @param {number[][]} stops @returns {Uint32Array} little-endian RGBA pixels */
function shades(stops) {
  return Uint32Array.from({ length: SHADES }, (_, i) => {
    const place = (i / (SHADES - 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    const [r, g, b] = stops[low].map((c, k) => Math.round(c + (stops[low + 1][k] - c) * (place - low)));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}
