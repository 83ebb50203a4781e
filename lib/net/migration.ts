/**
 * What becomes of connections that wait at a listening socket when it closes, while
 * another socket listens on the same port: Linux gives them to that one if
 * `net.ipv4.tcp_migrate_req` is 1, and resets them if not.
 */

/** Connections by which it is tried out: that none of them waits at the first socket is as good as impossible. */
const TRIED = 24;
const LOOPBACK = "127.0.0.1";

/**
 * How many resets the system has sent since it started; undefined if that cannot be
 * read. It counts no others of connections that were waiting at a closed socket.
 */
export async function resetsSent(): Promise<number | undefined> {
  try {
    return countIn(await Deno.readTextFile("/proc/net/snmp"), "Tcp", "OutRsts");
  } catch {
    return undefined; // not Linux, or not permitted
  }
}

/** A counter of a text like `/proc/net/snmp`: a line of names, then one of values. */
export function countIn(
  text: string,
  group: string,
  name: string,
): number | undefined {
  const [names, values] = text.split("\n")
    .filter((line) => line.startsWith(`${group}: `))
    .map((line) => line.split(" "));
  const at = names?.indexOf(name) ?? -1;
  const count = Number(values?.[at]);
  return at < 0 || Number.isNaN(count) ? undefined : count;
}

/** Whether waiting connections are kept: tried out with some of our own. */
export async function keepsWaiting(): Promise<boolean> {
  const first = listen(0);
  const { port } = first.addr as Deno.NetAddr;
  const second = listen(port);
  const clients: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < TRIED; i++) {
      clients.push(await Deno.connect({ hostname: LOOPBACK, port }));
    }
    first.close();
    const isReset = Promise.any(clients.map(isClosed));
    return await Promise.race([isReset.then(() => false), takeAll(second)]);
  } finally {
    for (const client of clients) client.close();
    second.close();
  }
}

function listen(port: number): Deno.TcpListener {
  return Deno.listen({ hostname: LOOPBACK, port, reusePort: true });
}

/** Resolves when the other side has closed the connection; never if this one does. */
async function isClosed(client: Deno.TcpConn): Promise<void> {
  try {
    await client.read(new Uint8Array(1));
  } catch {
    // That is how it looks when it is reset.
  }
}

async function takeAll(listener: Deno.TcpListener): Promise<boolean> {
  const taken: Deno.Conn[] = [];
  try {
    while (taken.length < TRIED) taken.push(await listener.accept());
    return true;
  } catch {
    return false; // it has been closed: the answer is known
  } finally {
    for (const socket of taken) socket.close();
  }
}
