/** A plot of requests to the origin by the size of a fleet (pure). */

const WIDTH = 640;
const HEIGHT = 300;
const LEFT = 60;
const BOTTOM = 40;
const TOP = 34;
const COLOURS = ["#8a94a6", "#2f6fde", "#d9822b"];

/** Draws a line for each name, over steps that are as far apart; values are percents. */
export function renderLines(
  steps: readonly number[],
  series: ReadonlyMap<string, readonly number[]>,
): string {
  const most = Math.max(...[...series.values()].flat());
  const x = (index: number): number =>
    LEFT + index * (WIDTH - LEFT - 30) / (steps.length - 1);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - value / most * (HEIGHT - BOTTOM - TOP);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
  ];
  for (const [index, step] of steps.entries()) {
    parts.push(
      text(x(index), HEIGHT - 20, `${step} node${step === 1 ? "" : "s"}`),
    );
  }
  for (const part of [0, 0.5, 1]) {
    const value = most * part;
    const at = y(value);
    parts.push(
      `<line x1="${LEFT}" x2="${
        WIDTH - 20
      }" y1="${at}" y2="${at}" stroke="#ddd"/>`,
      text(30, at + 4, `${value.toFixed(0)}%`),
    );
  }
  for (const [index, [name, values]] of [...series].entries()) {
    const colour = COLOURS[index]!;
    const points = values.map((value, at) => `${x(at)},${y(value)}`).join(" ");
    parts.push(
      `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      `<rect x="${
        LEFT + index * 150
      }" y="10" width="10" height="10" fill="${colour}"/>`,
      `<text x="${LEFT + 16 + index * 150}" y="19" fill="#333">${name}</text>`,
    );
  }
  return [...parts, "</svg>", ""].join("\n");
}

function text(x: number, y: number, words: string): string {
  return `<text x="${x}" y="${y}" text-anchor="middle" fill="#333">${words}</text>`;
}
