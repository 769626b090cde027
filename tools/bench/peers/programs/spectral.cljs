(defn a [i j]
  (/ 1 (+ (* (+ i j) (+ i j 1) 0.5) i 1)))

(defn transposed [i j] (a j i))

(defn times [entry v n]
  (let [out (js/Array. n)]
    (dotimes [i n]
      (aset out i
        (loop [j 0 sum 0]
          (if (= j n)
            sum
            (recur (+ j 1) (+ sum (* (entry i j) (aget v j))))))))
    out))

(defn square [v n]
  (times transposed (times a v n) n))

(defn dot [u v n]
  (loop [i 0 sum 0]
    (if (= i n)
      sum
      (recur (+ i 1) (+ sum (* (aget u i) (aget v i)))))))

(defn run [n]
  (loop [round 0 u (into-array (repeat n 1))]
    (let [v (square u n)]
      (if (= round 9)
        (js/Math.sqrt (/ (dot u v n) (dot v v n)))
        (recur (+ round 1) (square v n))))))
