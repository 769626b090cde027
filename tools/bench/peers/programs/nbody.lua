local SOLAR_MASS = 4 * math.pi * math.pi
local DAYS = 365.24
local sqrt = math.sqrt

local START = {
  { 0, 0, 0, 0, 0, 0, 1 },
  { 4.84143144246472, -1.16032004402743, -0.103622044471123, 0.00166007664274404, 0.0076990111841974, -0.0000690460016972063, 0.000954791938424327 },
  { 8.34336671824458, 4.12479856412431, -0.403523417114321, -0.00276742510726411, 0.00499852801234917, 0.0000230417297573764, 0.000285885980666131 },
  { 12.8943695621391, -15.1111514016986, -0.223307578892656, 0.00296460137564762, 0.00237847173959481, -0.0000296589568540238, 0.0000436624404335156 },
  { 15.3796971148509, -25.919314609988, 0.179258772950371, 0.00268067772490389, 0.00162824170038242, -0.0000951592254519716, 0.0000515138902046612 },
}

local function system()
  local bodies = {}
  for i, s in ipairs(START) do
    bodies[i] = { x = s[1], y = s[2], z = s[3], vx = s[4] * DAYS, vy = s[5] * DAYS, vz = s[6] * DAYS, mass = s[7] * SOLAR_MASS }
  end
  return bodies
end

local function advance(bodies, dt)
  local n = #bodies
  for i = 1, n do
    local a = bodies[i]
    for j = i + 1, n do
      local b = bodies[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      local squared = dx * dx + dy * dy + dz * dz
      local magnitude = dt / (squared * sqrt(squared))
      a.vx = a.vx - dx * b.mass * magnitude
      a.vy = a.vy - dy * b.mass * magnitude
      a.vz = a.vz - dz * b.mass * magnitude
      b.vx = b.vx + dx * a.mass * magnitude
      b.vy = b.vy + dy * a.mass * magnitude
      b.vz = b.vz + dz * a.mass * magnitude
    end
  end
  for i = 1, n do
    local body = bodies[i]
    body.x = body.x + dt * body.vx
    body.y = body.y + dt * body.vy
    body.z = body.z + dt * body.vz
  end
end

local function energy(bodies)
  local sum = 0
  for i, a in ipairs(bodies) do
    sum = sum + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
    for j = i + 1, #bodies do
      local b = bodies[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      sum = sum - (a.mass * b.mass) / sqrt(dx * dx + dy * dy + dz * dz)
    end
  end
  return sum
end

function run(n)
  local bodies = system()
  for _ = 1, n do advance(bodies, 0.01) end
  return energy(bodies)
end
