-- Paths at random, as Zipf has it: wrk ... -- PREFIX COUNT EXPONENT (0: all alike often)
local prefix, count, sums, total

function init(args)
  prefix = args[1]
  count = tonumber(args[2])
  local exponent = tonumber(args[3])
  math.randomseed(1)
  sums = {}
  total = 0
  for i = 1, count do
    total = total + 1 / i ^ exponent
    sums[i] = total
  end
end

function request()
  local wanted = math.random() * total
  local low, high = 1, count
  while low < high do
    local middle = math.floor((low + high) / 2)
    if sums[middle] < wanted then low = middle + 1 else high = middle end
  end
  return wrk.format(nil, prefix .. low)
end
