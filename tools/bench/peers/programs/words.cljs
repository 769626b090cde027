(def words
  (into-array (.split "the rowan tree stands on a hill and feeds thrush fieldfare blackbird in october" " ")))

(defn text [n]
  (loop [i 0 seed 42 out (transient [])]
    (if (= i n)
      (.join (into-array (persistent! out)) " ")
      (let [next (mod (+ (* seed 1103) 12345) 65536)]
        (recur (+ i 1) next
               (conj! out (str (aget words (mod next (alength words))) (mod next 97))))))))

(defn run [n]
  (let [counts (persistent!
                 (reduce (fn [counts word] (assoc! counts word (+ 1 (get counts word 0))))
                         (transient {})
                         (.split (text n) " ")))]
    (reduce (fn [sum count] (+ sum (* count count))) 0 (vals counts))))
