/** Pages for what went wrong: in development with the report and its code frame, else with nothing of the inside. */
import { STATUS_CODES } from "node:http";
import type { HostResponse } from "./types.ts";

/** What people are told where the program says only a number. */
const MESSAGES: Readonly<Record<number, string>> = {
  400: "The request is malformed.",
  401: "Please sign in.",
  403: "This is not allowed.",
  404: "There is no such page.",
  405: "This cannot be done here.",
  410: "This page is gone.",
  413: "That is too much.",
  429: "Too many requests. Try again later.",
  503: "The site cannot answer now. Try again later.",
};

export function messageFor(status: number): string {
  return (
    MESSAGES[status] ??
    (status < 500 ? "The request cannot be answered." : "Something went wrong on the server.")
  );
}

/** @param report shown as it is; only in development */
export function errorPage(status: number, message: string, id: string, report?: string): HostResponse {
  const title = `${status} ${STATUS_CODES[status] ?? ""}`.trim();
  const details = report === undefined ? "" : `<pre>${escaped(report)}</pre>`;
  return {
    status,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 15vh auto 2rem; padding: 0 1rem }
pre { overflow-x: auto; padding: 1rem; border-left: .25rem solid #c33; background: #8881; font: .9rem/1.5 ui-monospace, monospace }
footer { opacity: .6; font-size: .85rem }
</style>
<h1>${escaped(title)}</h1>
<p>${escaped(message)}</p>
${details}
<footer>Request ${escaped(id)}</footer>
</html>
`,
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
}
