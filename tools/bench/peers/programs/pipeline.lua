local function range(n)
  local out = {}
  for i = 1, n do out[i] = i - 1 end
  return out
end

local function map(f, xs)
  local out = {}
  for i = 1, #xs do out[i] = f(xs[i]) end
  return out
end

local function filter(f, xs)
  local out = {}
  for i = 1, #xs do
    if f(xs[i]) then out[#out + 1] = xs[i] end
  end
  return out
end

local function reduce(f, init, xs)
  for i = 1, #xs do init = f(init, xs[i]) end
  return init
end

function run(n)
  local tripled = map(function(x) return x * 3 + 1 end, range(n))
  local even = filter(function(x) return x % 2 == 0 end, tripled)
  return reduce(function(sum, x) return (sum + x) % 1000003 end, 0, even)
end
