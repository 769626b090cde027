(def solar-mass (* 4 js/Math.PI js/Math.PI))
(def days 365.24)

(def start
  [[0 0 0 0 0 0 1]
   [4.84143144246472 -1.16032004402743 -0.103622044471123 0.00166007664274404 0.0076990111841974 -0.0000690460016972063 0.000954791938424327]
   [8.34336671824458 4.12479856412431 -0.403523417114321 -0.00276742510726411 0.00499852801234917 0.0000230417297573764 0.000285885980666131]
   [12.8943695621391 -15.1111514016986 -0.223307578892656 0.00296460137564762 0.00237847173959481 -0.0000296589568540238 0.0000436624404335156]
   [15.3796971148509 -25.919314609988 0.179258772950371 0.00268067772490389 0.00162824170038242 -0.0000951592254519716 0.0000515138902046612]])

(defn system []
  (into-array
    (map (fn [[x y z vx vy vz mass]]
           (into-array [x y z (* vx days) (* vy days) (* vz days) (* mass solar-mass)]))
         start)))

(defn add! [body i amount]
  (aset body i (+ (aget body i) amount)))

(defn attract! [a b dt]
  (let [dx (- (aget a 0) (aget b 0))
        dy (- (aget a 1) (aget b 1))
        dz (- (aget a 2) (aget b 2))
        squared (+ (* dx dx) (* dy dy) (* dz dz))
        magnitude (/ dt (* squared (js/Math.sqrt squared)))
        ma (aget a 6)
        mb (aget b 6)]
    (add! a 3 (- (* dx mb magnitude)))
    (add! a 4 (- (* dy mb magnitude)))
    (add! a 5 (- (* dz mb magnitude)))
    (add! b 3 (* dx ma magnitude))
    (add! b 4 (* dy ma magnitude))
    (add! b 5 (* dz ma magnitude))))

(defn advance! [bodies dt]
  (dotimes [i 5]
    (loop [j (+ i 1)]
      (when (< j 5)
        (attract! (aget bodies i) (aget bodies j) dt)
        (recur (+ j 1)))))
  (dotimes [i 5]
    (let [body (aget bodies i)]
      (add! body 0 (* dt (aget body 3)))
      (add! body 1 (* dt (aget body 4)))
      (add! body 2 (* dt (aget body 5))))))

(defn kinetic [body]
  (let [vx (aget body 3) vy (aget body 4) vz (aget body 5)]
    (* 0.5 (aget body 6) (+ (* vx vx) (* vy vy) (* vz vz)))))

(defn potential [a b]
  (let [dx (- (aget a 0) (aget b 0))
        dy (- (aget a 1) (aget b 1))
        dz (- (aget a 2) (aget b 2))]
    (/ (* (aget a 6) (aget b 6)) (js/Math.sqrt (+ (* dx dx) (* dy dy) (* dz dz))))))

(defn energy [bodies]
  (loop [i 0 j 1 sum (kinetic (aget bodies 0))]
    (cond
      (= i 4) sum
      (= j 5) (recur (+ i 1) (+ i 2) (+ sum (kinetic (aget bodies (+ i 1)))))
      :else (recur i (+ j 1) (- sum (potential (aget bodies i) (aget bodies j)))))))

(defn run [n]
  (let [bodies (system)]
    (dotimes [_ n] (advance! bodies 0.01))
    (energy bodies)))
