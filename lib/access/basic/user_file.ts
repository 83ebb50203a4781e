/** The users of a file, read again when it changes. */

import { PageFile } from "../../files/page_file.ts";
import type { Clock } from "../../net/clock.ts";
import { logEvent } from "../../observe/event_log.ts";
import { parseHtpasswd, type Users } from "./htpasswd.ts";

/** See the module's comment. */
export class UserFile {
  readonly #file: PageFile;
  #bytes: Uint8Array | undefined;
  #users: Users | undefined;
  #fault = "";

  constructor(path: string, clock: Clock) {
    this.#file = new PageFile(path, clock);
  }

  /**
   * The users as of a second ago; those from before if the file has an error now.
   * Undefined if there is no file, or there were never any: nobody is let in then.
   */
  async read(): Promise<Users | undefined> {
    const bytes = await this.#file.read();
    if (bytes === undefined) {
      this.#users = this.#bytes = undefined;
      this.#tell("it cannot be read");
    } else if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#take(bytes);
    }
    return this.#users;
  }

  #take(bytes: Uint8Array): void {
    try {
      this.#users = parseHtpasswd(new TextDecoder().decode(bytes));
      this.#fault = "";
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#tell(error.message);
    }
  }

  #tell(fault: string): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    logEvent("error", `users of ${this.#file.path}: ${fault}`);
  }
}
