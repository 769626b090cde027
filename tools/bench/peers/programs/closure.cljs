(defn edges [n]
  (mapcat
    (fn [i] [[i (mod (+ (* i 7) 1) n)] [i (mod (+ (* i 3) 2) n)]])
    (range n)))

(defn index [edges]
  (reduce (fn [from [a b]] (assoc from a (conj (get from a []) b))) {} edges))

;; The pairs that were not known, and the set of facts with them in it.
(defn learn [known n pairs]
  (reduce
    (fn [[known news] [a b]]
      (let [fact (+ (* a n) b)]
        (if (contains? known fact)
          [known news]
          [(conj! known fact) (conj! news [a b])])))
    [known (transient [])]
    pairs))

(defn run [n]
  (let [all (edges n)
        from (index all)]
    (loop [[known news] (learn (transient #{}) n all)]
      (let [delta (persistent! news)]
        (if (empty? delta)
          (count (persistent! known))
          (recur
            (learn known n
              (mapcat (fn [[a b]] (map (fn [c] [a c]) (get from b []))) delta))))))))
