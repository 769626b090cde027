local function edges(n)
  local out = {}
  for i = 0, n - 1 do
    out[#out + 1] = { i, (i * 7 + 1) % n }
    out[#out + 1] = { i, (i * 3 + 2) % n }
  end
  return out
end

function run(n)
  local from, known, count, delta = {}, {}, 0, {}
  local function learn(a, b, news)
    local fact = a * n + b
    if known[fact] then return end
    known[fact] = true
    count = count + 1
    news[#news + 1] = { a, b }
  end
  for _, edge in ipairs(edges(n)) do
    local a, b = edge[1], edge[2]
    from[a] = from[a] or {}
    table.insert(from[a], b)
    learn(a, b, delta)
  end
  while #delta > 0 do
    local news = {}
    for _, pair in ipairs(delta) do
      for _, c in ipairs(from[pair[2]] or {}) do learn(pair[1], c, news) end
    end
    delta = news
  end
  return count
end
