/**
 * Pages of the operator's for responses to errors: one file for a status, or for a class
 * of them. A page that cannot be read is none, and the plain response stands in for it:
 * the search for a page never fails, so that no error leads to another.
 */

import type { ErrorPageSource } from "../exchange/route.ts";
import { mediaTypeOf } from "../files/media_type.ts";
import { PageFile } from "../files/page_file.ts";
import type { ErrorPage } from "../head/own_response.ts";
import type { Clock } from "../net/clock.ts";

/** The pages of a route: plain data. */
export interface ErrorPagesOptions {
  /** By status, as in `404`, or class, as in `5xx`: the file. */
  readonly pages: Readonly<Record<string, string>>;
  /** Whether they also take the place of what the origin sends with such a status. */
  readonly intercept: boolean;
}

/** See the module's comment. */
export class ErrorPages implements ErrorPageSource {
  readonly intercept: boolean;
  readonly #pages: ReadonlyMap<string, PageFile>;

  constructor({ pages, intercept }: ErrorPagesOptions, clock: Clock) {
    this.intercept = intercept;
    this.#pages = new Map(
      Object.entries(pages).map((
        [status, path],
      ) => [status, new PageFile(path, clock)]),
    );
  }

  /** Whether a status has a page, as far as the configuration goes. */
  has(status: number): boolean {
    return this.#fileFor(status) !== undefined;
  }

  /** The page for a status; undefined if there is none, or it cannot be read. Never rejects. */
  async errorPageOf(status: number): Promise<ErrorPage | undefined> {
    const file = this.#fileFor(status);
    const content = await file?.read();
    if (file === undefined || content === undefined) return undefined;
    return { type: await mediaTypeOf(file.path, {}), content };
  }

  #fileFor(status: number): PageFile | undefined {
    return this.#pages.get(String(status)) ??
      this.#pages.get(`${Math.floor(status / 100)}xx`);
  }
}
