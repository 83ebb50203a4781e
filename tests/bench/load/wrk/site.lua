-- GETs of a site of many hosts (site/plan.ts): the words after the URL are the number of
-- hosts, then paths, each with its share. The nth most popular host is asked for 1/n^0.99
-- as often as the first. The order is drawn before the clock runs, and is the same in
-- each run.
local SKEW = 0.99
local DRAWN = 50000
-- Has no factor in common with a thousand, so that every host occurs.
local STRIDE = 617

local drawn = {}
local at = 0

local function drawFrom(weights)
  local sum, sums = 0, {}
  for i, weight in ipairs(weights) do
    sum = sum + weight
    sums[i] = sum
  end
  return function()
    local value = math.random() * sum
    local low, high = 1, #sums
    while low < high do
      local middle = math.floor((low + high) / 2)
      if sums[middle] < value then low = middle + 1 else high = middle end
    end
    return low
  end
end

function init(args)
  math.randomseed(1)
  local count = tonumber(args[1])
  local popularity, paths, shares = {}, {}, {}
  for rank = 1, count do popularity[rank] = 1 / rank ^ SKEW end
  for i = 2, #args, 2 do
    paths[#paths + 1] = args[i]
    shares[#shares + 1] = tonumber(args[i + 1])
  end
  local rank, part = drawFrom(popularity), drawFrom(shares)
  local requests = {}
  for i = 1, DRAWN do
    local host = string.format("h%04d.bench.test", rank() * STRIDE % count)
    local path = paths[part()]
    local key = host .. path
    if requests[key] == nil then
      wrk.headers["Host"] = host
      requests[key] = wrk.format("GET", path)
    end
    drawn[i] = requests[key]
  end
end

function request()
  at = at % DRAWN + 1
  return drawn[at]
end
