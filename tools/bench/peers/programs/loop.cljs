(defn run [n]
  (loop [i 0 sum 0]
    (if (< i n)
      (recur (+ i 1) (mod (+ sum (* i 7)) 1000003))
      sum)))
