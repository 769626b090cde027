(defn escaped [text]
  (-> text (.replaceAll "&" "&amp;") (.replaceAll "<" "&lt;") (.replaceAll ">" "&gt;")))

(defn posts [n]
  (map
    (fn [id]
      {:id id
       :title (str "Post " id " <on> rowans & thrushes")
       :summary (str "What happened on day " id " in the garden, and what did not.")
       :tags ["garden" "rowan" (str "day-" (mod id 7))]})
    (range n)))

(defn tag [name]
  (str "<li><a href=\"/tags/" name "\">" (escaped name) "</a></li>"))

(defn card [post]
  (str "<article class=\"card\"><h2><a href=\"/posts/" (:id post) "\">" (escaped (:title post))
       "</a></h2><p>" (escaped (:summary post)) "</p><ul class=\"tags\">"
       (apply str (map tag (:tags post))) "</ul></article>"))

(defn run [n]
  (str "<!doctype html><html lang=\"en\"><head><title>Posts</title></head><body><h1>Posts</h1>"
       (apply str (map card (posts n))) "</body></html>"))
