/**
 * What random programs are made of: one line a form, by the type of its value. In a template
 *
 *   ?num ?bool ?str ?nums ?dict ?fn   an expression of that type (nums: a list of numbers)
 *   ?T                                an expression of the type that is wanted here
 *   ?ask ?stmt ?err                   an effect that gives a number; something done for what it does;
 *                                     something that raises
 *   ?int                              a small integer
 *   $x                                a new name, the same wherever the template says $x
 *   ?num+x+f:fn+y*                    … which may use $x (a number), $f (a function), assign $y (a number)
 *   ?num/3                            … smaller by three levels instead of one
 *   ?num!prompt                       … inside a reset
 *   ?num!op=e/one                     … inside a handler of that op
 *   ?num!closed                       … which may run after resets and handlers around it are gone
 *   ?num!global                       … which sees no local variable at all
 */

export const TYPES = ["num", "bool", "str", "nums", "dict", "fn"] as const;
export type Type = (typeof TYPES)[number];

/** A template, and how often it is taken beside the others: once if it does not say. */
export type Template = string | readonly [weight: number, template: string];

/** What every program starts with. */
export const PROLOGUE = `
(define log (vector))
(define shared (vector 0 1.5))
(define table (make-hash-table))
(define (note x) (vector-push! log x) x)
(define tick (let ((n 0)) (fn () (set! n (+ n 1)) n)))
(define p0 (make-parameter 7))
(defmacro m0 (a b) (quasiquote (let ((t# (unquote b))) (do t# (unquote a)))))
(define-record-type pt (make-pt a b) pt? (a pt-a set-pt-a!) (b pt-b))
(defcomp ~c0 (&key a (b (perform :test/echo "b")) &rest children) (div :class b (i a) children))
(define (rest0 a &optional (b (perform :test/ask a)) &rest more) (+ a b (len more)))
(define (keys0 a &key (size (perform :test/echo a)) (by 2)) (+ a (* size by)))`;

/** With child fibers: nothing that changes is shared, so that their order cannot be seen. */
export const CONCURRENT_PROLOGUE: string = PROLOGUE.replace(
  "(define (note x) (vector-push! log x) x)",
  "(define (note x) x)",
).replace("(define tick (let ((n 0)) (fn () (set! n (+ n 1)) n)))", "(define (tick) 1)");

/** What every program ends with: all that it has changed. */
export const EPILOGUE = "(list log shared (hash-entries table))";

/** The smallest expressions. */
export const LEAVES: Readonly<Record<Type, readonly Template[]>> = {
  num: [[3, "?int"], "?ask"],
  bool: ["true", "false", "nil"],
  str: ['"a"', '"bc"', '""', '"x<y"', ":key"],
  nums: ["(quote ())", "(quote (?int))", "(quote (?int ?int))", "(quote (3 1 ?int 2))"],
  dict: ["{}", "{:a ?int}", '{:b 2 "c d" ?int}'],
  fn: ["inc", "dec", "abs", "(fn ($x) (* 2 $x))"],
};

export const EXPRESSIONS: Readonly<Record<Type, readonly Template[]>> = {
  num: [
    [2, "(+ ?num ?num)"],
    "(- ?num ?num)",
    "(max ?num ?num ?num)",
    "(* ?num ?int)",
    "(mod ?num 7)",
    [4, "?ask"],
    "(len ?nums)",
    "(len ?str)",
    "(nth ?nums ?int/2 ?num)",
    "(get ?dict :a ?num)",
    "(reduce + ?num ?nums)",
    "(reduce (fn ($acc $y) ?num+acc+y*) ?num ?nums)",
    "(fold-right (fn ($y $acc) ?num+acc+y) ?num ?nums)",
    [2, "(?fn ?num)"],
    "(apply + ?num ?nums)",
    "(note ?num)",
    "(p0)",
    "(tick)",
    '(context "ctx" ?num/3)',
    "(or (find (fn ($y) ?bool+y) ?nums) ?num)",
    "(if (some (fn ($y) ?bool+y) ?nums) ?num ?num)",
    "(let (($v (vector ?num ?num))) (vector-set! $v 0 ?num) (vector-ref $v 0))",
    "((fn ($a &optional ($b ?num+a)) (+ $a $b)) ?num)",
    "((fn ($a &rest $r) (+ $a (len $r))) ?num ?num ?num)",
    "((fn ([$a $b]) (- $a $b)) (list ?num ?num))",
    "(rest0 ?num)",
    "(rest0 ?num ?num ?num/2)",
    "(keys0 ?num)",
    "(keys0 :by ?num/2 ?num :size ?num/2)",
    "(call-with-keys keys0 {:size ?num} ?num)",
    "((comp ?fn ?fn) ?num)",
    "((memoize ?fn) ?num)",
    "(pt-a (make-pt ?num ?num))",
    "(let (($r (make-pt ?num ?num))) (set-pt-a! $r ?num) (match $r ((pt $a $b) (- $a $b))))",
    '(scope "s" (emit! "s" ?num) (for-each (fn ($y) (emit! "s" $y)) ?nums) (apply + (emitted "s")))',
    "(get (with-effects {:e/get (fn ($args $resume) ($resume ?num))} {:v ?num!op=e/get}) :v)",
    "(-> ?num (+ ?num) ((fn ($w) ?num+w)))",
  ],
  bool: [
    "(< ?num ?num)",
    "(>= ?num ?num ?num)",
    "(= ?nums ?nums)",
    "(not ?bool)",
    "(and ?bool ?bool)",
    "(or ?bool ?bool)",
    "(even? (mod ?num 5))",
    "(every? (fn ($y) ?bool+y) ?nums)",
    "(perform :test/echo ?bool)",
  ],
  str: [
    [2, "(str ?str ?num)"],
    "(upper ?str)",
    '(join "-" ?nums)',
    "(inspect ?nums)",
    "(inspect ?dict)",
    "(perform :test/echo ?str)",
    '(replace ?str "a" ?str)',
    "(render-to-html (p :class ?str :hidden ?bool ?str (b ?num) ?nums))",
    "(render-to-html (~c0 :a ?num ?str (u ?num)))",
    "(render-to-html (~c0 ?str :b ?str :a ?num))",
    "(render-to-html (ul (map (fn ($y) (li ?num+y)) ?nums) (defer (b ?num))))",
    '(guard ($e ((error? $e) (str (error-kind $e) (error-message $e) (error-data $e))) (else "raised")) (str ?err))',
  ],
  nums: [
    [2, "(list ?num ?num)"],
    "[?num ?num]",
    "(cons ?num ?nums)",
    "(conj ?nums ?num)",
    [3, "(map (fn ($y) ?num+y*) ?nums)"],
    "(map ?nums ?fn)",
    "(map (fn ($y $z) ?num+y+z) ?nums ?nums)",
    "(map-indexed (fn ($i $y) ?num+i+y) ?nums)",
    "(filter (fn ($y) ?bool+y) ?nums)",
    "(remove (fn ($y) ?bool+y) ?nums)",
    "(take-while (fn ($y) ?bool+y) ?nums)",
    "(flat-map (fn ($y) ?nums+y) ?nums)",
    "(keep (fn ($y) (if ?bool+y ?num+y nil)) ?nums)",
    "(sort ?nums)",
    "(sort (fn ($y $z) (< ?num/3+y ?num/3+z)) ?nums)",
    [2, "(sort (fn ($y $z) (< (perform :test/ask $y) (perform :test/echo $z))) ?nums)"],
    "(sort-by (fn ($y) ?num+y) ?nums)",
    "(vals (group-by (fn ($y) (str ?num/2+y)) ?nums))",
    "(append ?nums ?nums)",
    "(take ?nums 2)",
    "(reverse ?nums)",
    "(for [$y ?nums $z (range 2) :when ?bool+y] ?num+y+z)",
    "(range (mod ?num 5))",
    "(vals ?dict)",
    "(perform :test/echo ?nums)",
  ],
  dict: [
    [3, '{:a ?num "c d" ?num}'],
    "(assoc ?dict :b ?num)",
    "(dissoc ?dict :a)",
    "(update ?dict :a (fn ($v) ?num))",
    "(merge ?dict ?dict)",
    "(perform :test/echo ?dict)",
  ],
  fn: ["(fn ($x) ?num+x*!closed)", "(partial + ?num)"],
};

/** Forms whose value is of whatever type is wanted. */
export const CONTROL: readonly Template[] = [
  "(if ?bool ?T ?T)",
  "(cond (?bool ?T) (?bool ?T) (else ?T))",
  "(cond (?num => (fn ($q) ?T+q)) (else ?T))",
  "(case ?num (0 ?T) ((1 2 10) ?T) (else ?T))",
  "(do ?stmt ?T)",
  "(let (($a ?num) ($b ?num)) ?T+a*+b)",
  "(let (($a ?nums) ($f ?fn)) ?T+a:nums+f:fn)",
  "(let* (($a ?num) ($b ?num+a)) ?T+a+b*)",
  "(let [$a ?num $a ?num+a [$b &rest $r] (cons ?num ?nums)] ?T+a+b+r:nums)",
  "(let [{:a $a} ?dict] (if (nil? $a) ?T ?T+a))",
  "(let* (($a ?num/2) ($b ?num/2) ($c ?num/3) ($d ?num/3) ($e ?num/3) ($g (fn ($x) (+ $x $a $c $e)))) ?stmt+b*+d* ?T+a+b+c+d*+e+g:fn)",
  "(match ?nums ([] ?T) ([$a] ?T+a) ([$a &rest $b] :when ?bool+a ?T+a+b:nums) (_ ?T))",
  "(match ?dict ({:a $a} ?T+a) ((or {:b 2} {:b 3}) ?T) (_ ?T))",
  "(m0 ?T ?T)",
  "(eval (quote ?T/2!global))",
  "(parameterize ((p0 ?num)) ?T)",
  '(provide "ctx" ?num ?T)',
  // loops
  "(do (dotimes ($i 3) ?stmt+i) ?T)",
  "(let (($i 0)) (while (< $i 3) (set! $i (+ $i 1)) ?stmt+i) ?T)",
  "(let $loop (($i 2) ($n ?num)) (if (< $i 1) ?T+n (do ?stmt+i ($loop (- $i 1) ?num+i+n))))",
  "(letrec (($f (fn ($n) (if (< $n 1) ?num/2 ($g (- $n 1))))) ($g (fn ($n) (if (< $n 1) ?num/2 (+ ?num/2+n ($f (- $n 1))))))) (note ($f 4)) ?T)",
  "(letrec (($f (fn ($n) (if (< $n 1) ?T/2 (do ?stmt+n ($f (- $n 1))))))) ($f 3))",
  // conditions
  [2, "(guard ($e (else ?T)) ?T)"],
  [2, "(guard ($e ((number? $e) ?T+e) ((string? $e) ?T) (true ?T)) (do (when ?bool ?err) ?T))"],
  [
    2,
    "(guard ($e ((error? $e) (note (error-message $e)) ?T) ((number? $e) ?T+e)) (if ?bool ?T (do ?err ?T)))",
  ],
  "(guard ($e (true ?T)) (do ?err ?T))",
  "(handler-bind (fn ($e) ?stmt ?num) (do (note (raise-continuable ?num)) ?T))",
  "(handler-bind (fn ($e) (note $e)) (guard ($g ((string? $g) ?T)) (do (note (raise-continuable ?num)) ?T)))",
  // dynamic extents
  [2, '(dynamic-wind (fn () (note "in")) (fn () ?T) (fn () (note "out")))'],
  "(dynamic-wind (fn () (note (p0))) (fn () ?T) (fn () (note ?ask)))",
  '(dynamic-wind (fn () (note ?ask)) (fn () (if ?bool ?T (do ?err ?T))) (fn () (note "left")))',
  '(dynamic-wind (fn () nil) (fn () ?T) (fn () (if ?bool (raise 13) (note "out"))))',
  // escapes and re-entry
  "(call/cc (fn ($k) (do (when ?bool ($k ?T)) ?T)))",
  "(call/cc (fn ($k) (do (map (fn ($y) (if (> $y 2) ($k ?T) $y)) ?nums) ?T)))",
  "(call/cc (fn ($k) (dynamic-wind (fn () (note 1)) (fn () ($k ?T)) (fn () (note 2)))))",
  // delimited continuations
  [2, "(reset ?T!prompt)"],
  "(let (($k (reset (let (($v (shift $c $c))) ?T+v)))) ($k ?num))",
  "(let (($k (reset (let (($v (shift $c $c))) ?T+v)))) (do ($k ?num) ($k ?num)))",
  // handlers
  "(with-effects {:e/one (fn ($args $resume) ($resume ?num))} ?T!op=e/one)",
  "(with-effects {:e/one (fn ($args $resume) ($resume (first $args)))} ?T!op=e/one)",
  "(with-effects {:test/ask (fn ($args $resume) ?stmt ($resume (perform :test/ask (first $args))))} ?T!op=test/ask)",
  '(with-effects {:e/two (fn ($args $resume) (let (($r ($resume ?num))) (note "resumed") $r))} ?T!op=e/two)',
  "(with-effects {:e/two (fn ($args $resume) (do ($resume ?num) ($resume ?num)))} ?T!op=e/two)",
  "(with-effects {:e/one (fn ($args $resume) (if ?bool ($resume ?num) ?T))} ?T!op=e/one)",
  "(with-effects {:e/stop (fn ($args $resume) ?T)} ?T!op=e/stop)",
  "(with-effects {:e/one (fn ($args $resume) (guard ($e (true ?T)) ($resume ?num)))} ?T!op=e/one)",
  '(with-effects {:e/one (fn ($args $resume) (dynamic-wind (fn () (note "h")) (fn () ($resume ?num)) (fn () (note "h!"))))} ?T!op=e/one)',
  "(with-effects {:e/one (fn ($args $resume) (parameterize ((p0 ?num)) ($resume (p0))))} ?T!op=e/one)",
  "(let (($saved nil)) (let (($r (with-effects {:e/late (fn ($args $resume) (set! $saved $resume) ?T)} ?T!op=e/late))) (if $saved (let (($k $saved)) (set! $saved nil) ($k ?num)) $r)))",
];

/** Inside a reset only. */
export const SHIFTS: readonly Template[] = [
  "(shift $k ($k ?T))",
  "(shift $k (do ($k ?T) ($k ?T)))",
  '(shift $k (do (note "shifted") ($k ?T)))',
  "(shift $k (guard ($e (true ($k ?T))) ($k ?T)))",
];

/** Without child fibers only: what they share would show their order. */
export const SEQUENTIAL: Readonly<{ num: readonly Template[]; control: readonly Template[] }> = {
  num: [
    "(do (vector-push! shared ?num) (len shared))",
    "(do (vector-set! shared 0 ?num) (vector-ref shared 0))",
    "(do (hash-set! table ?num/3 ?num) (hash-ref table ?num/3 0))",
    "(perform :test/counter)",
  ],
  control: [
    "(let (($k nil) ($n 0)) (let (($v (call/cc (fn ($c) (set! $k $c) ?num)))) (set! $n (+ $n 1)) (if (< $n 3) ($k ?num+v+n) ?T+v+n)))",
  ],
};

/** With child fibers. They do not raise: how far the siblings have come by then is not the language's to say. */
export const CONCURRENT: Readonly<{ nums: readonly Template[]; control: readonly Template[] }> = {
  nums: [
    [5, "(pmap (fn ($y) (guard ($e (true 0)) ?num+y)) ?nums)"],
    [5, "(all (guard ($e (true 0)) ?num) (guard ($e (true 0)) ?num) ?int)"],
  ],
  control: [
    "(first (all (guard ($e (true ?T)) ?T) (guard ($e (true 0)) ?num)))",
    "(race (perform :test/never) ?T)",
    "(timeout 1000 ?T!closed)",
    "(guard ($e (true ?T)) (timeout 5 (perform :test/never)))",
    "(await (spawn (fn () ?T!closed)))",
    "(let (($t (spawn (fn () (guard ($e (true 0)) ?num))))) (m0 ?T (await $t)))",
  ],
};

/** What raises. */
export const ERRORS: readonly Template[] = [
  "(raise ?num)",
  "(raise ?str)",
  '(error "made on purpose" ?num)',
  "(nth ?nums 99)",
  '(+ ?num "no number")',
  "(inc)",
  "(/ ?num 0)",
  '(perform :test/fail "host says no")',
  "(perform :no/such-op ?num)",
  "(raise-continuable ?num)",
  "(keys0 :wrong 1 ?num)",
  "(apply rest0 (quote ()))",
  "(?num 1)",
  '(match ?num ("never" 1))',
  "(pt-a ?num)",
  "(let [[$a $b] (list ?num)] $a)",
  "(shift $k 1)",
  "(no-such-name ?num)",
  "(vector-ref shared 99)",
  '(context "nobody")',
];

export const ASKS: readonly Template[] = ["(perform :test/echo ?num/2)", "(perform :test/ask ?num/2)"];
