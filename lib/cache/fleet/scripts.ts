/**
 * What is done in the store in one step, so that nobody comes in between. Those that
 * purges and leases need go on when the store is full; what is cached does not.
 */

/** A script, with the number of its keys. */
export interface Script {
  readonly text: string;
  readonly keys: number;
}

/** Above the scripts that take little, and that must not fail for want of memory. */
const ALLOW_FULL = "#!lua flags=allow-oom\n";

/**
 * Tells the generation, the number of the last purge, the purges behind a number, and
 * the store's time in ms.
 * A store that has lost its data, or has been started again (so that it may have lost
 * some), begins another generation.
 *
 * Keys: control, purges. Arguments: a generation to begin, the number, how many at most.
 */
export const SYNC: Script = {
  keys: 2,
  text: `${ALLOW_FULL}
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local known = redis.call('HMGET', KEYS[1], 'generation', 'run', 'last')
if not known[1] or not known[3] or known[2] ~= run then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'run', run, 'last', '0')
  return {ARGV[1], '0', {}, '0'}
end
local purges = redis.call('XRANGE', KEYS[2], '(' .. ARGV[2] .. '-0', '+', 'COUNT', ARGV[3])
local time = redis.call('TIME')
return {known[1], known[3], purges, string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))}`,
};

/**
 * Numbers a purge, appends it to the stream and wakes the nodes. Returns its number; -1
 * in another generation.
 *
 * Keys: control, purges. Arguments: the generation, how many purges are kept, the
 * channel, the purge.
 */
export const PURGE: Script = {
  keys: 2,
  text: `${ALLOW_FULL}
if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return -1 end
local number = redis.call('HINCRBY', KEYS[1], 'last', 1)
local id = string.format('%.0f-0', number)
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], id, 'purge', ARGV[4], 'at', at)
redis.call('PUBLISH', ARGV[3], id)
return number`,
};

/** When a lookup takes the lease to fetch the key: if nothing is stored, whatever is, or not at all. */
export const LEASE = { IfNothing: 0, Take: 1, Tell: 2 } as const;

/** In place of a node's name: for a while, nobody waits for others. */
export const ALONE = "alone";

/**
 * Looks up the variants of a key. If there are none, or whatever there is, takes the
 * lease to fetch it, or tells who has it; and whether it was taken now.
 *
 * Keys: record, lease. Arguments: the node that asks, how long a lease holds in ms (0 for none),
 * one of {@linkcode LEASE}.
 */
export const FIND: Script = {
  keys: 2,
  text: `${ALLOW_FULL}
local variants = redis.call('HVALS', KEYS[1])
if ARGV[2] == '0' or (#variants > 0 and ARGV[3] == '0') then return {variants, '', 0} end
if ARGV[3] ~= '2' and redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return {variants, ARGV[1], 1} end
return {variants, redis.call('GET', KEYS[2]) or '', 0}`,
};

/**
 * Stores a variant, and gives the lease back. Returns 0 in another generation.
 *
 * Keys: record, lease, control. Arguments: the generation, the variant's name, its bytes,
 * its lifetime in ms, how many variants there may be, who stores it.
 */
export const PUT: Script = {
  keys: 3,
  text: `#!lua
if redis.call('HGET', KEYS[3], 'generation') ~= ARGV[1] then return 0 end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) and redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then
  redis.call('DEL', KEYS[1])
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
if redis.call('GET', KEYS[2]) == ARGV[6] then redis.call('DEL', KEYS[2]) end
return 1`,
};

/**
 * Gives a lease back without a record: for a while, nobody waits for others.
 *
 * Keys: lease. Arguments: who has it, for how long, in ms; 0 for not at all.
 */
export const ABANDON: Script = {
  keys: 1,
  text: `${ALLOW_FULL}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], '${ALONE}', 'PX', ARGV[2]) end
return 1`,
};

/** Holds a lease for longer. Keys: lease. Arguments: who has it, for how long, in ms. */
export const RENEW: Script = {
  keys: 1,
  text: `${ALLOW_FULL}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`,
};

/**
 * Counts what a node has let through, for each key by GCRA: the time at which its
 * allowance is whole again. Returns for each how far off that is, in ms.
 *
 * Keys: those that are counted. Arguments: the most that may be owed, in ms; then for
 * each key its interval in ms, its burst, and how many were let through.
 */
export function countScript(keys: number): Script {
  return { keys, text: COUNT };
}

const COUNT = `${ALLOW_FULL}
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local left = {}
for i, key in ipairs(KEYS) do
  local interval, burst, count = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local whole = math.max(tonumber(redis.call('GET', key) or '0'), now) + count * interval
  whole = math.min(whole, now + burst * interval + tonumber(ARGV[1]))
  redis.call('SET', key, string.format('%.3f', whole), 'PX', math.ceil(whole - now) + 1)
  left[i] = math.ceil(whole - now)
end
return left`;
