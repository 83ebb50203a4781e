-- GETs of 10,000 URLs (NUMBERED_COUNT of content.ts): the nth most popular is asked
-- for 1/n^0.99 as often as the first. The order is drawn before the clock runs, and
-- is the same in each run. Neighbours in popularity are no neighbours in number.
local COUNT = 10000
local SKEW = 0.99
local DRAWN = 100000
-- Has no factor in common with COUNT, so that every number occurs.
local STRIDE = 7919

local drawn = {}
local at = 0

local function sums()
  local sum, all = 0, {}
  for rank = 1, COUNT do
    sum = sum + 1 / rank ^ SKEW
    all[rank] = sum
  end
  return all
end

local function rankOf(value, all)
  local low, high = 1, COUNT
  while low < high do
    local middle = math.floor((low + high) / 2)
    if all[middle] < value then low = middle + 1 else high = middle end
  end
  return low
end

function init()
  math.randomseed(1)
  local all = sums()
  local requests = {}
  for i = 1, DRAWN do
    local number = rankOf(math.random() * all[COUNT], all) * STRIDE % COUNT
    requests[number] = requests[number]
      or wrk.format("GET", string.format("/c/n/%05d", number))
    drawn[i] = requests[number]
  end
end

function request()
  at = at % DRAWN + 1
  return drawn[at]
end
