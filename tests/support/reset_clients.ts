/** A program of its own: connects to the port of its argument, and resets, so many times. */

// deno-lint-ignore no-external-import -- the runtime's own sockets cannot reset
import { connect } from "node:net";

const [port, count] = Deno.args.map(Number) as [number, number];

for (let i = 0; i < count; i++) {
  await new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.resetAndDestroy());
    socket.on("error", () => {}).on("close", () => resolve());
  });
}
