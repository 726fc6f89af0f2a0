// @ts-check
/** Where outline and zones of a sole lie on the bed, for a fitted pose. */

/**
 * @typedef {object} Pose
 * @property {number} heel_x_mm
 * @property {number} heel_y_mm
 * @property {number} axis_deg clockwise from the toe direction, seen from above
 * @property {number} length_mm
 * @property {number} width_mm
 */

/** @typedef {{no: number, name: Record<string, string>, path: Path2D, at: [number, number], radius_mm: number}} ZoneDrawing */

export class Sole {
  /** @param {any} atlas */
  constructor(atlas) {
    /** @type {[number, number, number][]} */
    this.outline = atlas.outline;
    this.zones = atlas.zones;
    this.breadth =
      Math.max(...this.outline.map((row) => row[2])) - Math.min(...this.outline.map((row) => row[1]));
  }

  /** @param {number} no @returns {any} */
  zone(no) {
    return this.zones.find((/** @type {any} */ zone) => zone.no === no);
  }

  /**
   * Draw everything once for one pose, in bed millimetres with y downwards from `height_mm`.
   * @param {Pose} pose @param {string} side @param {number} height_mm
   */
  draw(pose, side, height_mm) {
    const place = placing(pose, side, this.breadth, height_mm);
    const medial = this.outline.map(([u, inner]) => place(u, inner));
    const lateral = this.outline.map(([u, , outer]) => place(u, outer)).reverse();
    return {
      outline: closed([...medial, ...lateral]),
      zones: this.zones
        .filter((/** @type {any} */ z) => z.reach !== "none" && (z.side === "both" || z.side === side))
        .map((/** @type {any} */ zone) => drawZone(zone, place)),
    };
  }
}

/** @typedef {(u: number, share: number) => [number, number]} Placing */

/**
 * @param {Pose} pose @param {string} side @param {number} breadth @param {number} height_mm
 * @returns {Placing} from foot axis and lateral distance (shares of the length) to bed millimetres
 */
function placing(pose, side, breadth, height_mm) {
  const turn = (pose.axis_deg * Math.PI) / 180;
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  const across = ((side === "left" ? -1 : 1) * pose.width_mm) / breadth;
  return (u, share) => {
    const [along, out] = [u * pose.length_mm, share * across];
    return [
      pose.heel_x_mm + along * sin + out * cos,
      height_mm - (pose.heel_y_mm + along * cos - out * sin),
    ];
  };
}

/** @param {any} zone @param {Placing} place @returns {ZoneDrawing} */
function drawZone(zone, place) {
  const path = new Path2D();
  /** @type {[number, number]} */
  let at = [0, 0];
  let radius_mm = 0;
  for (const shape of zone.shapes) {
    const corners = (shape.polygon ?? ellipse(shape.ellipse)).map(
      (/** @type {[number, number]} */ [u, share]) => place(u, share),
    );
    path.addPath(closed(corners));
    const [centre, inside] = room(corners);
    if (inside > radius_mm) [at, radius_mm] = [centre, inside];
  }
  return { no: zone.no, name: zone.name, path, at, radius_mm };
}

/** @param {number[]} shape centre and half axes in (u, share) @returns {[number, number][]} */
function ellipse([u, share, uRadius, shareRadius]) {
  return Array.from({ length: 24 }, (_, i) => {
    const angle = (i * Math.PI) / 12;
    return [u + uRadius * Math.cos(angle), share + shareRadius * Math.sin(angle)];
  });
}

/** @param {[number, number][]} corners @returns {Path2D} */
function closed(corners) {
  const path = new Path2D();
  corners.forEach(([x, y], i) => (i === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  path.closePath();
  return path;
}

/** Centre of a shape, and half its smaller extent. @param {[number, number][]} corners
 * @returns {[[number, number], number]} */
function room(corners) {
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return [[(x0 + x1) / 2, (y0 + y1) / 2], Math.min(x1 - x0, y1 - y0) / 2];
}
