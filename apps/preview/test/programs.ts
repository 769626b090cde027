/** Programs that tests preview. */

/** A counter whose number the program keeps, a field whose text the page keeps, and things to change. */
export const counter = (options: { title?: string; word?: string; more?: string } = {}): string => `
(import "./parts.sx")
(defonce visits (vector 1))
(define (heading text) (h1 :class "top" text))
(defcomp ~counter (&key (what :as string))
  (let [count (perform :state/get "count" 0)]
    (main
      (heading "${options.title ?? "Counter"}")
      (p :role "status" (str what ": " count))
      (button :type "button" :data-action "more" "${options.word ?? "One more"}")
      (label "Note " (input :name "note"))
      (~badge :text "ok")
      ${options.more ?? ""})))

(preview "Counter"
  :actions {:more (fn (detail) (perform :state/set "count" (+ 1 (perform :state/get "count" 0))))}
  (~counter :what "Berries"))

(preview "Badge" (~badge :text "alone"))
`;

export const parts = (text = "badge"): string => `
(defcomp ~badge (&key (text :as string))
  (span :class "${text}" :title "${text}" text))
`;
