/** Inputs that nobody thought of, from those that somebody did. */

import { octetsOf } from "../../lib/http/bytes.ts";
import type { Target } from "./targets.ts";

/** The most changes to one seed. */
const CHANGES_MAX = 6;
/** The most octets of one kind that are put in. */
const RUN_MAX = 60;
/** Octets that matter to a grammar more than others. */
const SPICE = octetsOf('\r\n\0 \t:;,="\\%/#?*()[]0aAfF\x7f\x80\xff');

/** A mutation of a seed: octets changed, dropped, doubled, moved, or of another seed. */
export function mutate(
  { corpus }: Target,
  next: () => number,
): Uint8Array {
  const pick = (count: number): number => Math.floor(next() * count);
  const seed = (): number[] => [
    ...octetsOf(corpus[pick(corpus.length)]!.input),
  ];
  let octets = seed();
  for (let changes = pick(CHANGES_MAX); changes > 0; changes--) {
    const at = pick(octets.length + 1);
    const count = pick(5);
    const spice = SPICE[pick(SPICE.length)]!;
    switch (pick(6)) {
      case 0:
        octets.splice(at, 0, spice);
        break;
      case 1:
        octets[at] = pick(256);
        break;
      case 2:
        octets.splice(at, count);
        break;
      case 3:
        octets.splice(at, 0, ...octets.slice(at, at + count * 8));
        break;
      case 4: {
        const other = seed();
        octets = [...octets.slice(0, at), ...other.slice(pick(other.length))];
        break;
      }
      default:
        octets.splice(at, 0, ...Array<number>(pick(RUN_MAX)).fill(spice));
    }
  }
  return Uint8Array.from(octets);
}
