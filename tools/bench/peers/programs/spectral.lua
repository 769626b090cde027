local function a(i, j) return 1 / ((i + j) * (i + j + 1) * 0.5 + i + 1) end
local function transposed(i, j) return a(j, i) end

local function times(entry, v, n)
  local out = {}
  for i = 0, n - 1 do
    local sum = 0
    for j = 0, n - 1 do sum = sum + entry(i, j) * v[j + 1] end
    out[i + 1] = sum
  end
  return out
end

local function square(v, n) return times(transposed, times(a, v, n), n) end

local function dot(u, v)
  local sum = 0
  for i = 1, #u do sum = sum + u[i] * v[i] end
  return sum
end

function run(n)
  local u = {}
  for i = 1, n do u[i] = 1 end
  for round = 0, 9 do
    local v = square(u, n)
    if round == 9 then return math.sqrt(dot(u, v) / dot(v, v)) end
    u = square(v, n)
  end
end
