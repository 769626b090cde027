(define (safe? column placed)
  (let loop ((others placed) (distance 1))
    (if (null? others)
        #t
        (let ((other (car others)))
          (if (or (= other column) (= other (+ column distance)) (= other (- column distance)))
              #f
              (loop (cdr others) (+ distance 1)))))))

(define (ways n row placed)
  (if (= row n)
      1
      (let loop ((column 0) (sum 0))
        (if (= column n)
            sum
            (loop (+ column 1)
                  (if (safe? column placed)
                      (+ sum (ways n (+ row 1) (cons column placed)))
                      sum))))))

(define (run n) (ways n 0 '()))
