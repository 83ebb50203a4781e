/** A name server that a test has the words of: it answers, fails or says nothing. */

// deno-lint-ignore no-external-import -- the runtime itself has no stable UDP
import { createSocket, type Socket } from "node:dgram";

const HEADER_BYTES = 12;
const TYPE_A = 1;
const FAILURE = 2;

/** See the module's comment: all names stand for the same addresses. */
export class DnsStub implements AsyncDisposable {
  readonly #socket: Socket;
  /** The IPv4 addresses that it answers with; what it does instead. */
  answer: readonly string[] | "fails" | "is silent" = [];
  /** How often it was asked for an IPv4 address. */
  asked = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (query, { port, address }) => {
      const reply = this.#replyTo(query);
      if (reply !== undefined) socket.send(reply, port, address);
    });
  }

  /** Listens on port 53 of an address, which only root may. */
  static async listen(address: string): Promise<DnsStub> {
    const socket = createSocket("udp4");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    socket.bind(53, address, resolve);
    await promise;
    return new DnsStub(socket);
  }

  #replyTo(query: Uint8Array): Uint8Array | undefined {
    let end = HEADER_BYTES;
    while (query[end] !== 0) end += query[end]! + 1;
    const type = query[end + 2]!;
    const question = query.subarray(HEADER_BYTES, end + 5);
    if (type === TYPE_A) this.asked++;
    if (this.answer === "is silent") return undefined;
    const isFailure = this.answer === "fails";
    const addresses = type === TYPE_A && this.answer !== "fails"
      ? this.answer
      : [];
    const records = addresses.flatMap((address) => [
      ...[0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1], // the name of the question
      ...[0, 0, 0, 0, 0, 4], // no time to live
      ...address.split(".").map(Number),
    ]);
    return new Uint8Array([
      ...query.subarray(0, 2),
      ...[0x81, 0x80 | (isFailure ? FAILURE : 0)],
      ...[0, 1, 0, addresses.length, 0, 0, 0, 0],
      ...question,
      ...records,
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.close(() => resolve());
    await promise;
  }
}
