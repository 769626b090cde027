/** Each rule of docs/language.md about control, as a program and what comes of it. */
import { describe, expect, it } from "vitest";
import { run, runFrozen, runSmall } from "./harness.ts";

/** `(say x)` writes to a log; `(log)` is what was written. */
const LOG = `
  (define written (vector))
  (define (say x) (vector-push! written x))
  (define (log) (vector->list written))
  (define (wind name thunk)
    (dynamic-wind (fn () (say (str "in " name))) thunk (fn () (say (str "out " name)))))
`;

type Case = readonly [title: string, program: string, value: string, trace?: readonly string[]];

function cases(section: string, rows: readonly Case[]): void {
  describe(section, () => {
    it.each(rows.map(([title, program, value, trace]) => ({ title, program, value, trace })))(
      "$title",
      ({ program, value, trace }) => {
        const outcome = run(LOG + program);
        expect(outcome.value).toBe(value);
        if (trace !== undefined) expect(outcome.trace).toEqual(trace);
        if (outcome.trace.length === 0) return;
        const frozen = runFrozen(LOG + program);
        expect({ value: frozen.value, trace: frozen.trace }).toEqual({ value, trace: outcome.trace });
      },
    );
  });
}

cases("dynamic-wind", [
  [
    "runs before, thunk, after, in order",
    '(say (wind "a" (fn () (say :body) 1))) (log)',
    '("in a" "body" "out a" 1)',
  ],
  [
    "runs after when a raise leaves",
    '(guard (e (true (say e))) (wind "a" (fn () (raise :x)))) (log)',
    '("in a" "out a" "x")',
  ],
  [
    "runs after when an escape leaves, innermost first",
    '(call/cc (fn (k) (wind "a" (fn () (wind "b" (fn () (k 1))))))) (log)',
    '("in a" "in b" "out b" "out a")',
  ],
  [
    "runs after when nobody catches the raise",
    `(define task (fn () (wind "a" (fn () (raise :x)))))
     (guard (e (true (say e))) (await (spawn task))) (log)`,
    '("in a" "out a" "x")',
  ],
  [
    "an after that raises replaces what was raised",
    "(guard (e (true e)) (dynamic-wind (fn () nil) (fn () (raise 1)) (fn () (raise 2))))",
    "2",
  ],
  [
    "after runs with the handlers of its own place, not those of the body",
    `(guard (e (true (say (list :outer e))))
       (dynamic-wind (fn () nil)
                     (fn () (guard (e (true (raise 1))) (raise 0)))
                     (fn () (say :after))))
     (log)`,
    '("after" ("outer" 1))',
  ],
]);

cases("guard", [
  ["takes the first clause that applies", "(guard (e ((string? e) 1) ((number? e) 2)) (raise 5))", "2"],
  ["gives the body's value when nothing is raised", "(guard (e (true 1)) 2)", "2"],
  ["passes the test's value to =>", "(guard (e ((get e :a) => (fn (x) (* x 2)))) (raise {:a 4}))", "8"],
  [
    "raises again where the raise happened when no clause applies",
    `(guard (e (true (say :caught)))
       (guard (e ((string? e) nil))
         (wind "a" (fn () (raise 1)))))
     (log)`,
    '("in a" "out a" "in a" "out a" "caught")',
  ],
  [
    "does not go back when it has an else clause",
    `(guard (e (true (say :caught)))
       (guard (e ((string? e) nil) (else (raise e)))
         (wind "a" (fn () (raise 1)))))
     (log)`,
    '("in a" "out a" "caught")',
  ],
  [
    "raises a raise-continuable again as one, to be answered further out",
    "(handler-bind (fn (e) 1) (guard (e ((string? e) nil)) (+ 1 (raise-continuable 5))))",
    "2",
  ],
  [
    "does not catch what its own clauses raise",
    "(guard (e (true (list :outer e))) (guard (e (true (raise 2))) (raise 1)))",
    '("outer" 2)',
  ],
  ["catches errors of primitives", "(guard (e (true (error-kind e))) (first 5))", '"type"'],
  ["catches a wrong number of arguments", "(guard (e (true (error-kind e))) ((fn (x) x)))", '"arity"'],
  ["catches an unknown name", "(guard (e (true (error-kind e))) no-such-name)", '"unbound"'],
]);

cases("handler-bind", [
  [
    "runs the handler where the raise happened",
    '(guard (e (true nil)) (handler-bind (fn (e) (say :handler)) (wind "a" (fn () (raise 1))))) (log)',
    '("in a" "handler" "out a")',
  ],
  [
    "declines a raise by returning",
    "(guard (e (true (list :guard e))) (handler-bind (fn (e) 7) (raise 1)))",
    '("guard" 1)',
  ],
  [
    "answers a raise-continuable by returning",
    "(handler-bind (fn (e) (* e 2)) (+ 1 (raise-continuable 5)))",
    "11",
  ],
  ["answers with nil too", "(handler-bind (fn (e) nil) (raise-continuable 5))", "nil"],
  [
    "asks inner handlers first",
    `(guard (e (true nil))
       (handler-bind (fn (e) (say :outer)) (handler-bind (fn (e) (say :inner)) (raise 1))))
     (log)`,
    '("inner" "outer")',
  ],
  [
    "runs the handler with the outer handlers in force",
    "(handler-bind (fn (e) (* e 2)) (handler-bind (fn (e) (raise-continuable (+ e 1))) (+ 1 (raise-continuable 5))))",
    "13",
  ],
  [
    "a handler established inside a handler is in force there",
    "(handler-bind (fn (e) (handler-bind (fn (e2) :inner) (raise-continuable 2))) (raise-continuable 1))",
    '"inner"',
  ],
  [
    "an outer handler that is running is hidden together with the inner ones",
    `(guard (e (true (say (list :guard e))))
       (handler-bind (fn (e) (say (list :outer e)) (raise (+ e 1)))
         (handler-bind (fn (e) (say (list :inner e)))
           (raise 1))))
     (log)`,
    '(("inner" 1) ("outer" 1) ("guard" 2))',
  ],
  ["raises to nobody: the program ends", "(handler-bind (fn (e) 1) (raise :x))", 'raised "x"'],
]);

cases("shift and reset", [
  ["the value of a reset is that of the shift's body", "(+ 1 (reset (* 2 (shift k 10))))", "11"],
  ["k is what was between them", "(reset (+ 1 (shift k (k 10))))", "11"],
  ["k may be called many times", "(reset (+ 1 (shift k (list (k 1) (k 2)))))", "(2 3)"],
  [
    "k may be called after the reset is over",
    "(define k (reset (+ 1 (shift k k)))) (list (k 1) (k 2))",
    "(2 3)",
  ],
  ["k called without an argument gives nil", "(reset (list (shift k (k))))", "(nil)"],
  ["k brings its reset along", "(reset (list (shift k (k 1)) (shift k (k 2))))", "(1 2)"],
  ["without a reset it is an error", "(shift k 1)", "control: shift without a reset around it"],
  [
    "leaving runs after, each re-entry before",
    '(define k (reset (wind "a" (fn () (shift k k) (say :body))))) (k nil) (k nil) (log)',
    '("in a" "out a" "in a" "body" "out a" "in a" "body" "out a")',
  ],
  [
    "before runs in the context outside its extent, outermost first",
    '(define k (reset (wind "a" (fn () (wind "b" (fn () (shift k k))))))) (k nil) (log)',
    '("in a" "in b" "out b" "out a" "in a" "in b" "out b" "out a")',
  ],
  [
    "goes through map, any number of times",
    "(reset (map (fn (x) (+ x (shift k (list (k 1) (k 2))))) (list 10 20)))",
    "(((11 21) (11 22)) ((12 21) (12 22)))",
  ],
]);

cases("call/cc", [
  ["escapes", "(+ 1 (call/cc (fn (k) (+ 10 (k 5)))))", "6"],
  ["returns normally too", "(+ 1 (call/cc (fn (k) 5)))", "6"],
  [
    "can be entered again, and sees assignments",
    `(define (go)
       (let ((n 0) (k nil))
         (let ((v (call/cc (fn (c) (set! k c) 0))))
           (set! n (+ n 1))
           (if (< v 3) (k (+ v 1)) (list v n)))))
     (go)`,
    "(3 4)",
  ],
  [
    "leaves only the extents that are not shared, enters only the others",
    `(define k nil)
     (define again true)
     (wind "a" (fn ()
       (wind "b" (fn () (call/cc (fn (c) (set! k c)))))
       (wind "c" (fn () (when again (set! again false) (k nil))))))
     (log)`,
    '("in a" "in b" "out b" "in c" "out c" "in b" "out b" "in c" "out c" "out a")',
  ],
  ["its long name is the same", "(call-with-current-continuation (fn (k) (k 1)))", "1"],
]);

cases("with-effects", [
  [
    "a handler answers by resuming",
    "(with-effects {:e (fn (args resume) (resume (* 2 (first args))))} (+ 1 (perform :e 5)))",
    "11",
  ],
  [
    "a handler that does not resume gives the form's value",
    "(with-effects {:e (fn (args resume) 7)} (+ 1 (perform :e)))",
    "7",
  ],
  [
    "resume may be called many times",
    "(with-effects {:e (fn (args resume) (list (resume 1) (resume 2)))} (+ 1 (perform :e)))",
    "(2 3)",
  ],
  [
    "handlers are deep",
    "(with-effects {:e (fn (args resume) (resume 1))} (+ (perform :e) (perform :e)))",
    "2",
  ],
  [
    "the innermost handler that has the op answers",
    `(with-effects {:a (fn (args resume) (resume :outer)) :b (fn (args resume) (resume :outer))}
       (with-effects {:a (fn (args resume) (resume :inner))}
         (list (perform :a) (perform :b))))`,
    '("inner" "outer")',
  ],
  [
    "what a handler performs goes outward",
    `(with-effects {:e (fn (args resume) (resume :outer))}
       (with-effects {:e (fn (args resume) (resume (list :inner (perform :e))))}
         (perform :e)))`,
    '("inner" "outer")',
  ],
  [
    "what a handler raises goes outward",
    "(guard (e (true (list :out e))) (with-effects {:e (fn (args resume) (raise 1))} (guard (e (true :in)) (perform :e))))",
    '("out" 1)',
  ],
  [
    "what nobody in the program handles goes to the host",
    "(with-effects {:e (fn (args resume) (resume 1))} (+ (perform :e) (perform :test/double 5)))",
    "11",
    ["(test/double 5)"],
  ],
  [
    "an op nobody handles raises",
    "(guard (e (true (error-kind e))) (perform :no/such 1))",
    '"op"',
    ["(no/such 1)"],
  ],
  ["an op is a string", '(with-effects {:e (fn (args resume) (resume args))} (perform "e" 1 2))', "(1 2)"],
  [
    "an op that is no string is a type error",
    "(perform 5)",
    "type: perform: the op must be a keyword or a string, got 5",
  ],
  [
    "works in every callback",
    `(with-effects {:e (fn (args resume) (resume (first args)))}
       (list (map (fn (x) (perform :e x)) (list 1 2))
             (sort (fn (a b) (< (perform :e a) (perform :e b))) (list 3 1 2))
             (reduce (fn (a b) (+ a (perform :e b))) 0 (list 1 2 3))))`,
    "((1 2) (1 2 3) 6)",
  ],
  [
    "state in the handlers' results",
    `(define (with-state s thunk)
       ((with-effects {:get (fn (args resume) (fn (s) ((resume s) s)))
                       :put (fn (args resume) (fn (s) ((resume nil) (first args))))}
          (let ((v (thunk))) (fn (s) (list v s))))
        s))
     (with-state 1 (fn () (perform :put (+ 1 (perform :get))) (perform :put (* 10 (perform :get))) :end))`,
    '("end" 20)',
  ],
]);

cases("handling is not leaving", [
  [
    "a perform that is answered runs neither after nor before",
    `(with-effects {:e (fn (args resume) (say :handler) (resume nil))}
       (wind "a" (fn () (perform :e) (say :body))))
     (log)`,
    '("in a" "handler" "body" "out a")',
  ],
  [
    "a handler that returns without having resumed leaves the body for good",
    '(say (with-effects {:e (fn (args resume) (say :handler) :left)} (wind "a" (fn () (perform :e))))) (log)',
    '("in a" "handler" "out a" "left")',
  ],
  [
    "so does one that raises",
    `(guard (e (true (say e)))
       (with-effects {:e (fn (args resume) (raise :bad))} (wind "a" (fn () (perform :e)))))
     (log)`,
    '("in a" "out a" "bad")',
  ],
  [
    "so does one that escapes",
    `(say (call/cc (fn (k)
       (with-effects {:e (fn (args resume) (k :escaped))} (wind "a" (fn () (perform :e)))))))
     (log)`,
    '("in a" "out a" "escaped")',
  ],
  [
    "resuming after the handler has returned enters again",
    `(define later nil)
     (with-effects {:e (fn (args resume) (set! later resume) nil)} (wind "a" (fn () (perform :e) (say :body))))
     (say :between)
     (later nil)
     (log)`,
    '("in a" "out a" "between" "in a" "body" "out a")',
  ],
  [
    "a second resume enters an extent that the first has left",
    `(with-effects {:e (fn (args resume) (resume 1) (resume 2))}
       (wind "a" (fn () (say (perform :e)))))
     (log)`,
    '("in a" 1 "out a" "in a" 2 "out a")',
  ],
  [
    "an outer handler that does not resume leaves what an inner one has suspended",
    `(with-effects {:outer (fn (args resume) :dropped)}
       (with-effects {:inner (fn (args resume) (resume (perform :outer)))}
         (wind "a" (fn () (perform :inner)))))
     (log)`,
    '("in a" "out a")',
  ],
  [
    "an outer handler that resumes leaves nothing",
    `(with-effects {:outer (fn (args resume) (resume 1))}
       (with-effects {:inner (fn (args resume) (resume (perform :outer)))}
         (wind "a" (fn () (say (perform :inner))))))
     (log)`,
    '("in a" 1 "out a")',
  ],
  [
    "after may perform, to its own handlers",
    `(with-effects {:e (fn (args resume) :left) :log (fn (args resume) (say (first args)) (resume nil))}
       (dynamic-wind (fn () nil) (fn () (perform :e)) (fn () (perform :log :after))))
     (log)`,
    '("after")',
  ],
]);

cases("parameters and context", [
  ["a parameter has its value", "(define p (make-parameter 1)) (p)", "1"],
  [
    "parameterize gives another one for its extent",
    "(define p (make-parameter 1)) (list (parameterize ((p 2)) (p)) (p))",
    "(2 1)",
  ],
  [
    "the values are evaluated outside",
    "(define p (make-parameter 1)) (parameterize ((p (+ (p) 1))) (parameterize ((p (+ (p) 1))) (p)))",
    "3",
  ],
  [
    "a continuation brings its values along",
    "(define p (make-parameter 1)) (define k (reset (parameterize ((p 2)) (shift k k) (p)))) (parameterize ((p 3)) (k nil))",
    "2",
  ],
  [
    "only parameters can be parameterized",
    "(parameterize ((1 2)) 3)",
    "type: parameterize: expected a parameter, got 1",
  ],
  ["context finds the nearest", '(provide "a" 1 (provide "a" 2 (context "a")))', "2"],
  ["context gives its default", '(context "a" 5)', "5"],
  ["context without either raises", '(context "a")', 'context: nothing provides "a" here'],
  ["a provided nil is a value", '(provide "a" nil (context "a" 5))', "nil"],
  [
    "a scope collects",
    '(scope "s" (emit! "s" 1) (map (fn (x) (emit! "s" x)) (list 2 3)) (emitted "s"))',
    "(1 2 3)",
  ],
  [
    "emit! goes to the nearest scope of its name",
    '(scope "s" (scope "t" (scope "s" (emit! "s" 1)) (emit! "s" 2)) (emitted "s"))',
    "(2)",
  ],
  ["emit! without a scope raises", '(emit! "s" 1)', 'context: emit!: there is no scope "s" here'],
]);

cases("concurrency", [
  [
    "all gives the values in order",
    "(all (perform :test/double 1) 5 (perform :test/double 2))",
    "(2 5 4)",
    ["(test/double 1)", "(test/double 2)"],
  ],
  ["pmap too", "(pmap (fn (x) (perform :test/double x)) (list 1 2 3))", "(2 4 6)"],
  ["pmap takes data first", "(pmap (list 1 2) (fn (x) (* x x)))", "(1 4)"],
  ["race gives the first", "(race (perform :async/sleep 10) 5)", "5"],
  ["spawn and await", "(let ((t (spawn (fn () (perform :test/double 4))))) (+ 1 (await t)))", "9"],
  [
    "the first error cancels the others, which run their afters, and is raised in the parent",
    `(guard (e (true (say (error-message e))))
       (all (do (perform :test/double 1) (error "bad"))
            (wind "a" (fn () (perform :test/double 2) (perform :test/double 3) (perform :test/double 4)))))
     (log)`,
    '("in a" "out a" "bad")',
    ["(test/double 1)", "(test/double 2)"],
  ],
  [
    "an error cancels what stands before it, too",
    `(guard (e (true (say (error-message e))))
       (all (wind "a" (fn () (perform :test/hang))) (error "bad")))
     (log)`,
    '("in a" "out a" "bad")',
  ],
  [
    "a child's error that nobody awaits is raised by the parent",
    '(do (spawn (fn () (error "lost"))) 1)',
    "user: lost",
  ],
  [
    "a parent ends after its children",
    "(do (spawn (fn () (perform :test/double 1))) 7)",
    "7",
    ["(test/double 1)"],
  ],
  [
    "children inherit handlers",
    "(with-effects {:e (fn (args resume) (resume 1))} (all (perform :e) (perform :e)))",
    "(1 1)",
  ],
  [
    "children inherit parameters and context",
    '(define p (make-parameter 1)) (parameterize ((p 2)) (provide "c" 3 (all (p) (context "c"))))',
    "(2 3)",
  ],
  [
    "children do not inherit guards: an error reaches the parent",
    "(guard (e (true :parent)) (all (raise 1)))",
    '"parent"',
  ],
  ["a body in time gives its value", "(timeout 10 5)", "5"],
  [
    "a body that takes longer runs its afters, then timeout raises",
    '(guard (e (true (say (error-kind e)))) (timeout 5 (wind "a" (fn () (perform :test/hang))))) (log)',
    '("in a" "out a" "timeout")',
    ["(test/hang)", "(async/sleep 5)"],
  ],
  [
    "the losers of a race run their afters before it gives its value",
    '(say (race (wind "a" (fn () (perform :test/hang))) (perform :test/double 4))) (log)',
    '("in a" "out a" 8)',
  ],
  [
    "a cancelled body cannot catch it",
    "(race (guard (e (true :caught)) (perform :test/hang)) (perform :test/double 4))",
    "8",
  ],
  [
    "fibers that wait for each other are told",
    "(let ((t nil)) (set! t (spawn (fn () (perform :test/double 1) (await t)))) (await t))",
    "control: every fiber of this program waits for another one",
  ],
]);

cases("recursion", [
  [
    "deep recursion that is not in tail position is legal",
    "(define (f n) (if (= n 0) 0 (+ 1 (f (- n 1))))) (f 200000)",
    "200000",
  ],
]);

describe("does not grow", () => {
  it.each<readonly [title: string, program: string, value: string]>([
    [
      "calls of each other",
      "(define (even n) (if (= n 0) true (odd n))) (define (odd n) (even (- n 1))) (even 5000)",
      "true",
    ],
    ["through apply", "(define (f n) (if (= n 0) :done (apply f (list (- n 1))))) (f 5000)", '"done"'],
    [
      "in and, or, when, cond, case, match",
      "(define (f n) (and true (or false (when true (cond ((= n 0) :done) (else (case 1 (1 (match n (x (f (- x 1)))))))))))) (f 5000)",
      '"done"',
    ],
    ["a named let", "(let loop ((i 0)) (if (< i 5000) (loop (+ i 1)) i))", "5000"],
    [
      "the clauses of guard",
      "(define (loop n) (guard (e (true (if (= n 0) :done (loop (- n 1))))) (raise 1))) (loop 2000)",
      '"done"',
    ],
    [
      "guard that finds no clause",
      "(define (loop n) (guard (e (true (if (= n 0) :done (loop (- n 1))))) (guard (e ((string? e) 1)) (raise 1)))) (loop 500)",
      '"done"',
    ],
    [
      "call/cc",
      "(define (loop n) (if (= n 0) :done (call/cc (fn (k) (loop (- n 1)))))) (loop 2000)",
      '"done"',
    ],
    [
      "going back by call/cc",
      "(define k nil) (define n 0) (let ((v (call/cc (fn (c) (set! k c) 0)))) (if (< v 2000) (k (+ v 1)) v))",
      "2000",
    ],
    [
      "shift",
      "(define (loop i) (if (< i 2000) (do (shift k (k nil)) (loop (+ i 1))) i)) (reset (loop 0))",
      "2000",
    ],
    [
      "shift inside an extent",
      "(define (loop i) (if (< i 500) (do (shift k (k nil)) (loop (+ i 1))) i)) (reset (dynamic-wind (fn () nil) (fn () (loop 0)) (fn () nil)))",
      "500",
    ],
    [
      "effects",
      "(define (loop i) (if (< i 2000) (do (perform :e) (loop (+ i 1))) i)) (with-effects {:e (fn (args resume) (resume nil))} (loop 0))",
      "2000",
    ],
    [
      "effects inside an extent",
      `(define (loop i) (if (< i 2000) (do (perform :e) (loop (+ i 1))) i))
       (with-effects {:e (fn (args resume) (resume nil))}
         (dynamic-wind (fn () nil) (fn () (loop 0)) (fn () nil)))`,
      "2000",
    ],
    [
      "effects answered by the host",
      "(define (loop i) (if (< i 2000) (do (perform :test/double 1) (loop (+ i 1))) i)) (loop 0)",
      "2000",
    ],
    [
      "raise-continuable",
      "(handler-bind (fn (e) 1) (let loop ((i 0)) (if (< i 500) (do (raise-continuable i) (loop (+ i 1))) i)))",
      "500",
    ],
  ])("%s", (_, program, value) => {
    expect(runSmall(program).value).toBe(value);
  });
});

describe("the stack", () => {
  it("has a bound that can be caught", () => {
    expect(runSmall("(define (f n) (+ 1 (f n))) (guard (e (true (error-kind e))) (f 0))").value).toBe(
      '"limit"',
    );
    expect(runSmall("(define (f) (reset (f))) (guard (e (true (error-kind e))) (f))").value).toBe('"limit"');
  });
  it("can be filled again after that", () => {
    expect(
      runSmall(
        "(define (f n) (+ 1 (f n))) (define (try) (guard (e (true (error-kind e))) (f 0))) (list (try) (try) (try))",
      ).value,
    ).toBe('("limit" "limit" "limit")');
  });
});
