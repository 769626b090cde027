(defn run [n]
  (->> (range n)
       (map (fn [x] (+ (* x 3) 1)))
       (filter (fn [x] (= (mod x 2) 0)))
       (reduce (fn [sum x] (mod (+ sum x) 1000003)) 0)))
