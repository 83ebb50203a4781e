/**
 * The socket by which a service manager is told how a service stands: sd_notify(3).
 *
 * A message is one datagram. They are sent one after another, since their order counts,
 * and nobody waits for one: a manager that does not read must not hold up a request.
 */

/** Messages that wait for a manager that does not read; further ones are dropped. */
const WAITING_MAX = 64;

const encoder = new TextEncoder();

/** See the module's comment. */
export class NotifySocket {
  readonly #socket: Deno.DatagramConn;
  readonly #to: Deno.UnixAddr;
  readonly #onFailure: (error: Error) => void;
  #sent: Promise<void> = Promise.resolve();
  #waiting = 0;

  private constructor(
    socket: Deno.DatagramConn,
    path: string,
    onFailure: (error: Error) => void,
  ) {
    this.#socket = socket;
    this.#to = { transport: "unixpacket", path };
    this.#onFailure = onFailure;
  }

  /**
   * Opens it.
   *
   * @param address A path, or `@` and a name in the abstract namespace.
   * @param onFailure Is told of each message that could not be sent.
   * @throws {Error} It cannot be opened.
   */
  static open(
    address: string,
    onFailure: (error: Error) => void,
  ): NotifySocket {
    // A name of its own in the abstract namespace: there is no file to be removed.
    const own = `\0sluice-notify-${crypto.randomUUID()}`;
    return new NotifySocket(
      Deno.listenDatagram({ transport: "unixpacket", path: own }),
      address.replace(/^@/, "\0"),
      onFailure,
    );
  }

  /** Sends lines like `READY=1`, soon. */
  send(...lines: readonly string[]): void {
    if (this.#waiting >= WAITING_MAX) return;
    this.#waiting++;
    this.#sent = this.#sent.then(async () => {
      try {
        await this.#socket.send(encoder.encode(lines.join("\n")), this.#to);
      } catch (error) {
        this.#onFailure(error as Error);
      }
      this.#waiting--;
    });
  }

  /** Closes it, once all has been sent. */
  async close(): Promise<void> {
    await this.#sent;
    this.#socket.close();
  }
}
