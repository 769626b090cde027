/** The page around a live preview, as HTML. What is on it is filled in by `browser/shell.ts`. */
import { escaped } from "./document.ts";

export function shellDocument(session: string, file: string): string {
  const name = file.split("/").at(-1) ?? file;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(name)} · preview</title>
<link rel="icon" href="/-/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/-/shell.css">
<script type="module" src="/-/shell.js"></script>
</head>
<body data-session="${escaped(session)}">
<a class="skip" href="#stage">Skip to the preview</a>
<header>
  <h1><span class="mark" aria-hidden="true"></span><span id="file" title="${escaped(file)}">${escaped(name)}</span></h1>
  <form id="traits" aria-label="Traits">
    <label>Size <select name="viewport"></select></label>
    <label>Colours <select name="colorScheme"><option value="">as it is</option><option>light</option><option>dark</option></select></label>
    <label>Direction <select name="direction"><option value="">as it is</option><option>ltr</option><option>rtl</option></select></label>
    <label>Text <select name="fontScale"><option value="">100 %</option><option value="1.25">125 %</option><option value="1.5">150 %</option><option value="2">200 %</option></select></label>
    <label class="check"><input type="checkbox" name="reducedMotion"> Less motion</label>
    <label class="check"><input type="checkbox" name="contrast"> More contrast</label>
    <label class="check"><input type="checkbox" name="print"> Paper</label>
    <button type="reset">Clear</button>
  </form>
</header>
<nav aria-label="Previews">
  <h2>Previews</h2>
  <ul id="previews"></ul>
  <h2>Variants</h2>
  <ul id="presets"></ul>
</nav>
<main id="stage" tabindex="-1">
  <div id="frames"></div>
  <section id="overlay" role="alert" hidden>
    <h2 id="problem-title"></h2>
    <p id="problem-message"></p>
    <pre id="problem-detail" tabindex="0"></pre>
    <p id="problem-remedy"></p>
    <p class="hint">The last good view stays behind this. It goes away with the save that mends it.</p>
    <button type="button" id="problem-hide">Look behind it</button>
  </section>
</main>
<footer>
  <p id="status" role="status"></p>
  <p id="notes" role="log" aria-label="Notes"></p>
</footer>
</body>
</html>
`;
}
