/** Fuzzes every target in turn until something breaks, or for `--seconds`. */

import { parseArgs } from "@std/cli/parse-args";
import { octetsOf, textOf } from "../../lib/http/octets.ts";
import { random } from "../support/random.ts";
import { mutate, TARGETS } from "./targets.ts";

/** Mutations of a target before the next one. */
const TURN = 10_000;
/** A mutation that takes longer is as good as a hang: inputs are a few hundred octets. */
const SLOW_MS = 1000;

const options = parseArgs(Deno.args, { string: ["seconds", "seed"] });
const seconds = Number(options.seconds ?? Infinity);
let seed = Number(options.seed ?? Date.now() % 2 ** 32);
const startedMs = Date.now();
let count = 0;

while (Date.now() - startedMs < seconds * 1000) {
  for (const target of TARGETS) {
    const next = random(seed);
    for (let round = 0; round < TURN; round++, count++) {
      const input = mutate(target, next);
      const beforeMs = performance.now();
      try {
        target.attempt(input, next);
        if (performance.now() - beforeMs > SLOW_MS) throw new Error("Too slow");
      } catch (error) {
        say(
          `${target.name}, seed ${seed}, round ${round}: ${error}\n` +
            JSON.stringify(textOf(input, 0, input.length)),
        );
        Deno.exit(1);
      }
    }
    say(`${target.name}: ${TURN} from seed ${seed}, ${count} in all`);
  }
  seed = (seed + 1) % 2 ** 32;
}

function say(text: string): void {
  Deno.stdout.writeSync(octetsOf(`${text}\n`));
}
