/**
 * Orders certificates from an authority that speaks ACME (RFC 8555), with proofs over
 * HTTP (§8.3).
 *
 * Each step has a deadline of its own: the library waits for a dead directory, and
 * says nothing.
 */

import type { Clock } from "../net/clock.ts";
import {
  type AcmeLibrary,
  askedPauseMs,
  loadAcmeLibrary,
  STEP_MS,
  trustFor,
} from "./acme_http.ts";
import {
  readRenewalInfo,
  renewalId,
  type RenewalInfo,
} from "./renewal_info.ts";
import type { AcmeStorage } from "./acme_storage.ts";

/** For the authority to look at our proof, and to make the certificate. */
const VALIDATION_MS = 90_000;
/** Let's Encrypt. */
export const ACME_DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory";
/** Where the authority looks for a proof. */
const CHALLENGE_PATH = "/.well-known/acme-challenge/";

/** Which authority, and as whom. */
export interface AcmeOptions {
  readonly email: string | undefined;
  /** The URL of its directory; undefined for Let's Encrypt. */
  readonly directory: string | undefined;
  /** Certificates to trust for the directory, in PEM; undefined for the usual ones. */
  readonly ca: string | undefined;
  /** What binds our account to one that the authority has already (RFC 8555 §7.3.4). */
  readonly eab: { readonly kid: string; readonly key: string } | undefined;
}

/** Shows the authority what it asks for, on the plain listeners of all workers. */
export interface ProofBoard {
  /** Resolves when it is shown everywhere. */
  show(path: string, proof: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** The names are in lower case. */
type Headers = Readonly<Record<string, string | undefined>>;
type Client = InstanceType<AcmeLibrary["Client"]>;
type Order = Awaited<ReturnType<Client["createOrder"]>>;
type Authorization = Awaited<ReturnType<Client["getAuthorizations"]>>[number];

/** See the module's comment. */
export class AcmeClient {
  readonly #options: AcmeOptions;
  readonly #directory: string;
  readonly #storage: AcmeStorage;
  readonly #board: ProofBoard;
  readonly #clock: Clock;
  #ready: Promise<{ library: AcmeLibrary; client: Client }> | undefined;

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
    this.#directory = options.directory ?? ACME_DIRECTORY;
    trustFor(this.#directory, options.ca);
  }

  /** How long the authority has asked to be left alone with its last answer, in ms; 0 if it has not. */
  get askedPauseMs(): number {
    return askedPauseMs(this.#directory, this.#clock.now());
  }

  /**
   * Orders a certificate for a name, and keeps it in the storage.
   *
   * @param before The one that it takes the place of, in PEM.
   * @throws {Error} What the authority said, or which step took too long.
   */
  async order(name: string, before?: string): Promise<void> {
    const { library, client } = await this.#account();
    const order = await this.#create(client, name, before);
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

  /** Begins an order; that it is a renewal is said where the authority has use for it. */
  async #create(
    client: Client,
    name: string,
    before: string | undefined,
  ): Promise<Order> {
    const identifiers = [{ type: "dns", value: name }];
    const replaces = before === undefined || !await this.#knowsRenewals()
      ? undefined
      : renewalId(before);
    if (replaces !== undefined) {
      try {
        const renewal = { identifiers, replaces };
        return await this.#step("order", client.createOrder(renewal));
      } catch (error) {
        // It has been replaced already, or the authority has forgotten it.
        const { message } = error as Error;
        if (!/alreadyReplaced|replace|malformed/i.test(message)) throw error;
      }
    }
    return await this.#step("order", client.createOrder({ identifiers }));
  }

  /**
   * Asks when a certificate should be renewed.
   *
   * @param cert The certificate, in PEM.
   * @returns Undefined if the authority does not say such things, or not of this one.
   * @throws {Error} The authority cannot be asked.
   */
  async renewalInfo(cert: string): Promise<RenewalInfo | undefined> {
    const id = renewalId(cert);
    const url = await this.#renewalUrl();
    if (id === undefined || url === undefined) return undefined;
    const { data, status, headers } = await this.#get(
      `${url.replace(/\/$/, "")}/${id}`,
    );
    if (status !== 200) {
      throw new Error(`renewal information: the status is ${status}`);
    }
    const retryAfter = headers["retry-after"];
    return readRenewalInfo(data, retryAfter, this.#clock.now());
  }

  async #knowsRenewals(): Promise<boolean> {
    return await this.#renewalUrl().catch(() => undefined) !== undefined;
  }

  async #renewalUrl(): Promise<string | undefined> {
    const { data } = await this.#get(this.#directory);
    const url = (data as { renewalInfo?: unknown } | null)?.renewalInfo;
    return typeof url === "string" ? url : undefined;
  }

  /** What the authority tells everybody. */
  async #get(
    url: string,
  ): Promise<{ data: unknown; status: number; headers: Headers }> {
    const { axios } = await loadAcmeLibrary();
    return await this.#step(
      "renewal information",
      axios.get(url),
    );
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
  #account(): Promise<{ library: AcmeLibrary; client: Client }> {
    this.#ready ??= this.#signIn().catch((error) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #signIn(): Promise<{ library: AcmeLibrary; client: Client }> {
    const { email, eab } = this.#options;
    const library = await loadAcmeLibrary();
    let key = await this.#storage.readAccount();
    if (key === undefined) {
      key = (await library.crypto.createPrivateEcdsaKey()).toString();
      await this.#storage.writeAccount(key);
    }
    const client = new library.Client({
      directoryUrl: this.#directory,
      accountKey: key,
      ...(eab &&
        { externalAccountBinding: { kid: eab.kid, hmacKey: eab.key } }),
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
