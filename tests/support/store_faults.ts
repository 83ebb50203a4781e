/** What may happen to the store of a fleet. */

import type { RedisServer } from "./redis_server.ts";

/** What is done to the store, and how it comes back; `rejoins` says whether it has lost what it had. */
export interface StoreFault {
  readonly name: string;
  readonly rejoins: boolean;
  begin(store: RedisServer): Promise<void>;
  end(store: RedisServer): Promise<void>;
}

/** All that a store does to those who use it; first those that are least like each other. */
export const STORE_FAULTS: readonly StoreFault[] = [
  {
    name: "killed, and started again",
    rejoins: true,
    begin: (store) => store.kill(),
    end: (store) => store.begin(),
  },
  {
    name: "stopped, and goes on",
    rejoins: false,
    begin: (store) => Promise.resolve(store.signal("SIGSTOP")),
    end: (store) => Promise.resolve(store.signal("SIGCONT")),
  },
  {
    name: "wiped",
    rejoins: true,
    begin: async (store) => void await store.ask("FLUSHALL"),
    end: () => Promise.resolve(),
  },
  {
    name: "full",
    rejoins: false,
    begin: async (store) =>
      void await store.ask("CONFIG", "SET", "maxmemory", "1"),
    end: async (store) =>
      void await store.ask("CONFIG", "SET", "maxmemory", "0"),
  },
  {
    name: "slow",
    rejoins: false,
    begin: async (store) => void await store.ask("CLIENT", "PAUSE", "1500"),
    end: () => Promise.resolve(),
  },
];
