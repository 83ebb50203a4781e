/** The messages between the server and the thread that checks passwords. */

/** To the thread. */
export interface PasswordQuestion {
  readonly password: string;
  readonly hash: string;
}

/** From the thread: whether the password is right. */
export type PasswordAnswer = boolean;
