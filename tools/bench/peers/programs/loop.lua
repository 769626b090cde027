function run(n)
  local sum = 0
  for i = 0, n - 1 do sum = (sum + i * 7) % 1000003 end
  return sum
end
