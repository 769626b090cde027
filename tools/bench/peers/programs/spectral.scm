(define (a i j)
  (/ 1 (+ (* (+ i j) (+ i j 1) 0.5) i 1)))

(define (transposed i j) (a j i))

(define (times entry v n)
  (let ((out (make-vector n 0)))
    (do ((i 0 (+ i 1))) ((= i n) out)
      (vector-set! out i
        (let loop ((j 0) (sum 0))
          (if (= j n)
              sum
              (loop (+ j 1) (+ sum (* (entry i j) (vector-ref v j))))))))))

(define (square v n)
  (times transposed (times a v n) n))

(define (dot u v n)
  (let loop ((i 0) (sum 0))
    (if (= i n)
        sum
        (loop (+ i 1) (+ sum (* (vector-ref u i) (vector-ref v i)))))))

(define (run n)
  (let loop ((round 0) (u (make-vector n 1)))
    (let ((v (square u n)))
      (if (= round 9)
          (sqrt (/ (dot u v n) (dot v v n)))
          (loop (+ round 1) (square v n))))))
