import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { Turns } from "../../lib/net/turns.ts";

Deno.test("sockets have their turn between steps of long work", async () => {
  const turns = new Turns();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  using near = await Deno.connect({ hostname: "127.0.0.1", port });
  using far = await listener.accept();
  let isOver = false;
  let echoes = 0;
  const echo = async (): Promise<void> => {
    const byte = new Uint8Array(1);
    while (!isOver) {
      const received = far.read(byte);
      await near.write(byte);
      await received;
      echoes++;
    }
  };
  const echoing = echo();
  for (let i = 0; i < 200; i++) await turns.take(1 << 20);
  isOver = true;
  await echoing;
  turns.close();
  assert(echoes > 100, `${echoes}`);
});

Deno.test("work goes on in order, a turn's worth at a time, until it is closed", async () => {
  const turns = new Turns();
  assertEquals(turns.take(1 << 20), undefined); // the first is free
  const order: number[] = [];
  await Promise.all(
    [1, 2, 3].map((number) => turns.take(1000)!.then(() => order.push(number))),
  );
  assertEquals(order, [1, 2, 3]);
  assertEquals(turns.take(1 << 20), undefined);
  const waiting = assertRejects(() => turns.take(1000)!);
  turns.close();
  await waiting;
  await assertRejects(() => turns.take(1000)!);
});
