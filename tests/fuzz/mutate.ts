/** Inputs that nobody thought of, from those that somebody did. */

import { bytesOf } from "../../lib/http/bytes.ts";
import type { Target } from "./targets.ts";

/** The most changes to one seed. */
const CHANGES_MAX = 6;
/** The most bytes of one kind that are put in. */
const RUN_MAX = 60;
/** Bytes that matter to a grammar more than others. */
const SPICE = bytesOf('\r\n\0 \t:;,="\\%/#?*()[]0aAfF\x7f\x80\xff');

/** A mutation of a seed: bytes changed, dropped, doubled, moved, or of another seed. */
export function mutate(
  { corpus }: Target,
  next: () => number,
): Uint8Array {
  const pick = (count: number): number => Math.floor(next() * count);
  const seed = (): number[] => [
    ...bytesOf(corpus[pick(corpus.length)]!.input),
  ];
  let bytes = seed();
  for (let changes = pick(CHANGES_MAX); changes > 0; changes--) {
    const at = pick(bytes.length + 1);
    const count = pick(5);
    const spice = SPICE[pick(SPICE.length)]!;
    switch (pick(6)) {
      case 0:
        bytes.splice(at, 0, spice);
        break;
      case 1:
        bytes[at] = pick(256);
        break;
      case 2:
        bytes.splice(at, count);
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + count * 8));
        break;
      case 4: {
        const other = seed();
        bytes = [...bytes.slice(0, at), ...other.slice(pick(other.length))];
        break;
      }
      default:
        bytes.splice(at, 0, ...Array<number>(pick(RUN_MAX)).fill(spice));
    }
  }
  return Uint8Array.from(bytes);
}
