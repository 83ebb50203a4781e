/** An exchange that fails waits for its upload: what it holds is used again by others. */

import { assertEquals } from "../support/assert.ts";
import { Origin } from "../support/origin.ts";
import { exchange, Proxy } from "../support/proxy.ts";
import { Upload } from "../../lib/fetch/upload.ts";

/** The upload is looked at from inside. */
const ignore = Deno.env.has("SLUICE_BIN") ||
  (Deno.env.get("SLUICE_FLAGS")?.includes("--workers") ?? false);

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";

/** Lets uploads end only when `mayEnd` resolves, from when they are told to. */
function delayEnd(
  told: () => void,
  mayEnd: Promise<void>,
): Disposable {
  const { stop } = Upload.prototype;
  Upload.prototype.stop = function (): void {
    told();
    mayEnd.then(() => stop.call(this));
  };
  return { [Symbol.dispose]: () => void (Upload.prototype.stop = stop) };
}

for (
  const begun of ["", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]
) {
  const when = begun === "" ? "before the response" : "in its midst";
  Deno.test(
    { name: `a failure ends the upload first: ${when}`, ignore },
    async () => {
      const events: string[] = [];
      const told = Promise.withResolvers<void>();
      const mayEnd = Promise.withResolvers<void>();
      using _ = delayEnd(told.resolve, mayEnd.promise);
      await using origin = new Origin();
      await using proxy = await Proxy.start(origin);
      using client = await proxy.connect();
      await client.send(`${HEAD}some`);
      const peer = await origin.accept();
      await peer.readHead();
      await peer.send(`${begun}no message\r\n\r\n`);
      const ended = client.readToEnd().catch(() => {})
        .then(() => events.push("connection ends"));
      await told.promise;
      await exchange(proxy, "no request\r\n\r\n"); // for what must not happen
      events.push("upload ends");
      mayEnd.resolve();
      await ended;
      assertEquals(events, ["upload ends", "connection ends"]);
    },
  );
}
