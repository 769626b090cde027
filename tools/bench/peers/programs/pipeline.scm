(define (run n)
  (fold-left
    (lambda (sum x) (modulo (+ sum x) 1000003))
    0
    (filter
      (lambda (x) (= (modulo x 2) 0))
      (map (lambda (x) (+ (* x 3) 1)) (iota n)))))
