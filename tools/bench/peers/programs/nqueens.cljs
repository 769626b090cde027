(defn safe? [column placed]
  (loop [others (seq placed) distance 1]
    (if (nil? others)
      true
      (let [other (first others)]
        (if (or (= other column) (= other (+ column distance)) (= other (- column distance)))
          false
          (recur (next others) (+ distance 1)))))))

(defn ways [n row placed]
  (if (= row n)
    1
    (reduce
      (fn [sum column]
        (if (safe? column placed)
          (+ sum (ways n (+ row 1) (cons column placed)))
          sum))
      0
      (range n))))

(defn run [n] (ways n 0 (list)))
