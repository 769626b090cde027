(define words
  (list->vector
    '("the" "rowan" "tree" "stands" "on" "a" "hill" "and" "feeds" "thrush" "fieldfare" "blackbird" "in" "october")))

(define (text n)
  (let loop ((i 0) (seed 42) (out '()))
    (if (= i n)
        (string-join (reverse out) " ")
        (let ((next (modulo (+ (* seed 1103) 12345) 65536)))
          (loop (+ i 1) next
                (cons (string-append (vector-ref words (modulo next (vector-length words)))
                                     (number->string (modulo next 97)))
                      out))))))

(define (run n)
  (let ((counts (make-eq-hashtable)))
    (for-each
      (lambda (word)
        (let ((key (string->symbol word)))
          (hashtable-set! counts key (+ 1 (hashtable-ref counts key 0)))))
      (string-split (text n) " "))
    (fold-left
      (lambda (sum key)
        (let ((count (hashtable-ref counts key 0)))
          (+ sum (* count count))))
      0
      (vector->list (hashtable-keys counts)))))
