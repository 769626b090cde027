local WORDS = {}
for word in ("the rowan tree stands on a hill and feeds thrush fieldfare blackbird in october"):gmatch("%S+") do
  WORDS[#WORDS + 1] = word
end

local function text(n)
  local out, seed = {}, 42
  for i = 1, n do
    seed = (seed * 1103 + 12345) % 65536
    out[i] = WORDS[seed % #WORDS + 1] .. seed % 97
  end
  return table.concat(out, " ")
end

function run(n)
  local counts, sum = {}, 0
  for word in text(n):gmatch("%S+") do counts[word] = (counts[word] or 0) + 1 end
  for _, count in pairs(counts) do sum = sum + count * count end
  return sum
end
