(define (tak x y z)
  (if (< y x)
      (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y))
      z))

(define (run n) (tak n (floor (/ (* n 2) 3)) (floor (/ n 3))))
