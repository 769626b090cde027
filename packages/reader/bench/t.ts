import { format } from "@sorbus/reader";
import { sampleText } from "./read.bench.ts";
const t = `#!/usr/bin/env sx
; header


(define (posts-tagged tag &key (limit 10) &rest others) (let ((ids (perform :kv/list (str "posts/by-tag/" tag "/"))) (newest (fn (a b) (> (get a :date) (get b :date))))) (->> ids (map (fn (row) (perform :kv/get (first (rest row))))) (sort newest) (take limit))))
(defcomp ~card (&key title (size :m) &rest children) (div :class (list "card" (str "card-" size)) :data-index 10 :style {:margin 0 :padding "4px 8px"} (h2 title) ;; the title
 (when (> (len children) 0) (ul (map (fn (child) (li child)) children))) (p "A line of text")))
(define x {:a 1 ; one
 :b 2



 :c (list 1 2 3)})
(cond (= x 1) "one" (= x 2) "two, which is a long string to have here" (= x 3) (some-function-of-sorts x x x x x x x) :else "many")
(if (and a
 b) c d)
(let loop ((i 0) (acc ()))
(if (> i 10) acc
(loop (+ i 1) (cons i acc))))
(let [a 1 [x y] (some-rather-long-call-with-a-long-name 1 2 3 4 5 6 7) {:title t} (another-long-call post)] (body a x y))
'(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40)
(match x (0 "zero") ((? number? n) :when (> n 3) (str "big" n)) ([a b &rest c] (list a b)) ({:type "circle" :r r} (* r r 3.14159)) (_ nil))
(guard (e ((error? e) (str "caught " (error-message e))) (else (raise e))) (with-effects {:kv/get (fn (args resume) (resume "x"))} (perform :kv/get "a")))
(define-record-type point (x y))
`;
console.log(format(t));
console.log(format(t,{width:50}).slice(0,1500));
