local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local function escaped(text) return (text:gsub("[&<>]", ENTITIES)) end

local function posts(n)
  local out = {}
  for i = 1, n do
    local id = i - 1
    out[i] = {
      id = id,
      title = "Post " .. id .. " <on> rowans & thrushes",
      summary = "What happened on day " .. id .. " in the garden, and what did not.",
      tags = { "garden", "rowan", "day-" .. id % 7 },
    }
  end
  return out
end

local function card(post)
  local tags = {}
  for i, tag in ipairs(post.tags) do
    tags[i] = '<li><a href="/tags/' .. tag .. '">' .. escaped(tag) .. "</a></li>"
  end
  return '<article class="card"><h2><a href="/posts/' .. post.id .. '">' .. escaped(post.title)
    .. "</a></h2><p>" .. escaped(post.summary) .. '</p><ul class="tags">'
    .. table.concat(tags) .. "</ul></article>"
end

function run(n)
  local cards = {}
  for i, post in ipairs(posts(n)) do cards[i] = card(post) end
  return '<!doctype html><html lang="en"><head><title>Posts</title></head><body><h1>Posts</h1>'
    .. table.concat(cards) .. "</body></html>"
end
