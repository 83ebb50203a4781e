/**
 * A plot of what a request costs each program, from the table in the docs (pure): the
 * table is the result of a run, and whoever reads the one can check the other.
 */

/** What one workload costs, by program. */
export interface Bars {
  readonly title: string;
  /** Microseconds of processor time a request. */
  readonly micros: ReadonlyMap<string, number>;
}

const CPU_HEAD = /^CPU, (.+)$/;
const MICROS = /^([\d,.]+) µs$/;

/** Sizes in pixels. */
const WIDTH = 760;
const LABEL_WIDTH = 250;
const VALUE_WIDTH = 70;
const BAR_HEIGHT = 12;
const GAP = 10;
const LEGEND_HEIGHT = 34;
/** One for each program, in the order of the table. */
const COLOURS = ["#8a94a6", "#2f6fde", "#d9822b", "#3a9d5d"];
/** Workloads that cost more than so many times the cheapest would leave the others no bars. */
const SPREAD_MAX = 12;

/**
 * Reads the costs out of a table in Markdown.
 *
 * @returns The rows that have costs, in order.
 */
export function barsOf(markdown: string): Bars[] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const [heads = [], , ...cells] = rows;
  const found: Bars[] = [];
  for (const row of cells) {
    const micros = new Map<string, number>();
    for (const [index, head] of heads.entries()) {
      const program = CPU_HEAD.exec(head)?.[1];
      const value = MICROS.exec(row[index] ?? "")?.[1];
      if (program === undefined || value === undefined) continue;
      micros.set(program, Number(value.replaceAll(",", "")));
    }
    if (micros.size > 1) found.push({ title: row[0] ?? "", micros });
  }
  return found;
}

/** Leaves out what costs so much that nothing else could be seen. */
export function comparable(bars: readonly Bars[]): Bars[] {
  const dearest = ({ micros }: Bars): number => Math.max(...micros.values());
  const least = Math.min(...bars.map(dearest));
  return bars.filter((row) => dearest(row) <= least * SPREAD_MAX);
}

/** Draws the bars as SVG. */
export function renderPlot(bars: readonly Bars[]): string {
  const programs = [
    ...new Set(bars.flatMap(({ micros }) => [...micros.keys()])),
  ];
  const most = Math.max(...bars.flatMap(({ micros }) => [...micros.values()]));
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / most;
  const parts = programs.map((program, index) => renderLegend(program, index));
  let y = LEGEND_HEIGHT;
  for (const { title, micros } of bars) {
    const middle = y + programs.length * BAR_HEIGHT / 2 + 4;
    parts.push(
      `<text x="${LABEL_WIDTH - 8}" y="${middle}" text-anchor="end">${
        escaped(title)
      }</text>`,
    );
    for (const [index, program] of programs.entries()) {
      const value = micros.get(program);
      if (value !== undefined) parts.push(renderBar(value, index, y, scale));
      y += BAR_HEIGHT;
    }
    y += GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" ` +
    `font-family="sans-serif" font-size="12" fill="#4a5160" role="img">\n` +
    `<title>Processor time a request, in µs: less is better</title>\n` +
    `${parts.join("\n")}\n</svg>\n`;
}

function renderLegend(program: string, index: number): string {
  const x = LABEL_WIDTH + index * 90;
  return `<rect x="${x}" y="8" width="10" height="10" fill="${
    colourOf(index)
  }"/>` +
    `<text x="${x + 15}" y="17">${escaped(program)}</text>`;
}

function renderBar(
  value: number,
  index: number,
  y: number,
  scale: number,
): string {
  const width = Math.max(1, Math.round(value * scale));
  return `<rect x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${
    BAR_HEIGHT - 2
  }" fill="${colourOf(index)}"/><text x="${LABEL_WIDTH + width + 5}" y="${
    y + BAR_HEIGHT - 3
  }" font-size="10">${value} µs</text>`;
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length]!;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
