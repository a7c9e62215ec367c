/** Strokes as SVG path data, in whole pixels of the box they were drawn in. */
export interface Stroke {
  points: { x: number; y: number }[];
}

export function pathOf(strokes: Stroke[]): string {
  return strokes
    .map(({ points }) => points.map(({ x, y }) => `${Math.round(x)} ${Math.round(y)}`))
    .filter((points) => points.length > 0)
    .map((points) => (points.length === 1 ? `M${points[0]}l1 0` : `M${points.join('L')}`))
    .join('');
}

/** The box around whole-number path data, with a margin, as a viewBox. */
export function viewBoxOf(path: string): string {
  const numbers = (path.replace(/l1 0/g, '').match(/-?\d+/g) ?? ['0', '0']).map(Number);
  const [xs, ys] = [numbers.filter((_, at) => at % 2 === 0), numbers.filter((_, at) => at % 2 === 1)];
  const [left, top] = [Math.min(...xs) - 6, Math.min(...ys) - 6];
  return `${left} ${top} ${Math.max(...xs) - left + 6} ${Math.max(...ys) - top + 6}`;
}
