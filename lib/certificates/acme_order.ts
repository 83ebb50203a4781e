/**
 * Orders certificates from an authority that speaks ACME (RFC 8555), with proofs over
 * HTTP (§8.3). The library is loaded with the first order.
 *
 * Each step has a deadline of its own: the library waits for a dead directory, and
 * says nothing.
 */

import type { Clock } from "../net/clock.ts";
import { nodeModule } from "../net/node_module.ts";
import type { AcmeStorage } from "./acme_storage.ts";

/** For one exchange with the directory. */
const STEP_MS = 30_000;
/** For the authority to look at our proof, and to make the certificate. */
const VALIDATION_MS = 90_000;
/** Let's Encrypt. */
const DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory";
/** Where the authority looks for a proof. */
const CHALLENGE_PATH = "/.well-known/acme-challenge/";

/** Which authority, and as whom. */
export interface AcmeOptions {
  readonly email: string | undefined;
  /** The URL of its directory; undefined for Let's Encrypt. */
  readonly directory: string | undefined;
  /** Certificates to trust for the directory, in PEM; undefined for the usual ones. */
  readonly ca: string | undefined;
}

/** Shows the authority what it asks for, on the plain listeners of all workers. */
export interface ProofBoard {
  /** Resolves when it is shown everywhere. */
  show(path: string, proof: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** The library's module. */
type Library = typeof import("acme-client");
type Client = InstanceType<Library["Client"]>;
type Authorization = Awaited<ReturnType<Client["getAuthorizations"]>>[number];

/** Node's modules have one export, whatever their types say. */
async function load(): Promise<Library> {
  const module = await import("acme-client") as Library & {
    readonly default?: Library;
  };
  return module.default ?? module;
}

/** See the module's comment. */
export class AcmeClient {
  readonly #options: AcmeOptions;
  readonly #storage: AcmeStorage;
  readonly #board: ProofBoard;
  readonly #clock: Clock;
  #ready: Promise<{ library: Library; client: Client }> | undefined;

  constructor(
    options: AcmeOptions,
    storage: AcmeStorage,
    board: ProofBoard,
    clock: Clock,
  ) {
    this.#options = options;
    this.#storage = storage;
    this.#board = board;
    this.#clock = clock;
  }

  /**
   * Orders a certificate for a name, and keeps it in the storage.
   *
   * @throws {Error} What the authority said, or which step took too long.
   */
  async order(name: string): Promise<void> {
    const { library, client } = await this.#account();
    const order = await this.#step(
      "order",
      client.createOrder({ identifiers: [{ type: "dns", value: name }] }),
    );
    const authorizations = await this.#step(
      "authorization",
      client.getAuthorizations(order),
    );
    for (const authorization of authorizations) {
      await this.#prove(client, authorization);
    }
    const [key, request] = await library.crypto.createCsr(
      { altNames: [name] },
      await library.crypto.createPrivateEcdsaKey(),
    );
    const finalized = await this.#step(
      "finalize",
      client.finalizeOrder(order, request),
    );
    const chain = await this.#step(
      "certificate",
      client.getCertificate(finalized),
      VALIDATION_MS,
    );
    await this.#storage.writeCertificate(name, chain, key.toString());
  }

  async #prove(client: Client, authorization: Authorization): Promise<void> {
    if (authorization.status === "valid") return;
    const challenge = authorization.challenges.find(({ type }) =>
      type === "http-01"
    );
    if (challenge === undefined) {
      throw new Error("the authority offers no proof over HTTP");
    }
    const proof = await client.getChallengeKeyAuthorization(challenge);
    const path = `${CHALLENGE_PATH}${challenge.token}`;
    await this.#board.show(path, proof);
    try {
      await this.#step("challenge", client.completeChallenge(challenge));
      await this.#step(
        "validation",
        client.waitForValidStatus(challenge),
        VALIDATION_MS,
      );
    } finally {
      await this.#board.remove(path);
    }
  }

  /** Loads the library and signs in, once; tried again with the next order if that fails. */
  #account(): Promise<{ library: Library; client: Client }> {
    this.#ready ??= this.#signIn().catch((error) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #signIn(): Promise<{ library: Library; client: Client }> {
    const { email, directory = DIRECTORY, ca } = this.#options;
    const library = await load();
    const { defaults } = library.axios;
    defaults.timeout = STEP_MS;
    if (ca !== undefined) {
      const { Agent } = nodeModule("node:https");
      defaults.httpsAgent = new Agent({ ca });
    }
    let key = await this.#storage.readAccount();
    if (key === undefined) {
      key = (await library.crypto.createPrivateEcdsaKey()).toString();
      await this.#storage.writeAccount(key);
    }
    const client = new library.Client({
      directoryUrl: directory,
      accountKey: key,
      backoffAttempts: 15,
      backoffMin: 1000,
      backoffMax: 10_000,
    });
    const contact = email === undefined ? {} : { contact: [`mailto:${email}`] };
    await this.#step(
      "account",
      client.createAccount({ termsOfServiceAgreed: true, ...contact }),
    );
    return { library, client };
  }

  /** A step, or an error once it has taken too long. */
  async #step<Result>(
    name: string,
    running: Promise<Result>,
    withinMs: number = STEP_MS,
  ): Promise<Result> {
    const late = Promise.withResolvers<never>();
    const cancel = this.#clock.after(
      withinMs,
      () => late.reject(new Error("no answer in time")),
    );
    running.catch(() => {}); // nobody may wait for it any more
    try {
      return await Promise.race([running, late.promise]);
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    } finally {
      cancel();
    }
  }
}
