(define (entity c)
  (cond ((char=? c #\&) "&amp;")
        ((char=? c #\<) "&lt;")
        ((char=? c #\>) "&gt;")
        (else (string c))))

(define (join parts) (apply string-append parts))

(define (escaped text) (join (map entity (string->list text))))

(define (make-post id)
  (let ((number (number->string id)))
    (list
      number
      (string-append "Post " number " <on> rowans & thrushes")
      (string-append "What happened on day " number " in the garden, and what did not.")
      (list "garden" "rowan" (string-append "day-" (number->string (modulo id 7)))))))

(define (tag name)
  (string-append "<li><a href=\"/tags/" name "\">" (escaped name) "</a></li>"))

(define (card post)
  (string-append
    "<article class=\"card\"><h2><a href=\"/posts/" (list-ref post 0) "\">" (escaped (list-ref post 1))
    "</a></h2><p>" (escaped (list-ref post 2)) "</p><ul class=\"tags\">"
    (join (map tag (list-ref post 3))) "</ul></article>"))

(define (run n)
  (string-append
    "<!doctype html><html lang=\"en\"><head><title>Posts</title></head><body><h1>Posts</h1>"
    (join (map (lambda (id) (card (make-post id))) (iota n)))
    "</body></html>"))
