local function safe(column, placed, count)
  for i = count, 1, -1 do
    local distance, other = count - i + 1, placed[i]
    if other == column or other == column + distance or other == column - distance then return false end
  end
  return true
end

local function ways(n, placed, count)
  if count == n then return 1 end
  local sum = 0
  for column = 0, n - 1 do
    if safe(column, placed, count) then
      placed[count + 1] = column
      sum = sum + ways(n, placed, count + 1)
    end
  end
  return sum
end

function run(n) return ways(n, {}, 0) end
