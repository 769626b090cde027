/** The blog's own ops, answered through the resolver as a program would have it. */
import { fileURLToPath } from "node:url";
import { Resolver } from "@sorbus/io-resolver";
import { expect, test } from "vitest";
import { ConfigError, readConfig } from "../src/config.ts";
import { assetOps, markdownOps, settingOps } from "../src/ops.ts";

const theme = fileURLToPath(new URL("../theme/static", import.meta.url));
const resolver = new Resolver([
  ...markdownOps(),
  ...assetOps(theme, "/assets/"),
  ...settingOps({ url: undefined }),
]);
const ask = (op: string, ...args: unknown[]) => resolver.resolve({ op, args });

test("Markdown becomes HTML, and HTML in it becomes text", () => {
  expect(ask("markdown/render", "*a* <b>")).toBe("<p><em>a</em> &lt;b&gt;</p>\n");
});

test("a link to a script is no link", () => {
  expect(ask("markdown/render", "[x](javascript:alert(1))")).toBe("<p>[x](javascript:alert(1))</p>\n");
});

test("a paragraph with Arabic in it finds its own direction", () => {
  expect(ask("markdown/render", "مرحبا")).toBe('<p dir="auto">مرحبا</p>\n');
});

test("the address of a file of the theme names its version", () => {
  expect(ask("asset/url", "style.css")).toMatch(/^\/assets\/style\.css\?v=[0-9a-f]{10}$/);
});

test("what the theme does not have, has no address", () => {
  for (const name of ["theme.sx", "../theme.sx", "constructor", ""]) {
    expect(() => ask("asset/url", name)).toThrow(`the theme has no file ${name}; it has icon.svg, style.css`);
  }
});

test("the settings have defaults, and a wrong one is named", () => {
  expect(readConfig({})).toMatchObject({ port: 3000, host: "127.0.0.1", url: undefined });
  expect(readConfig({ PORT: "0", HOST: "::1", BLOG_DATA: "/x", BLOG_URL: "https://a.example/" })).toEqual({
    port: 0,
    host: "::1",
    store: "sqlite:/x",
    url: "https://a.example",
    development: false,
  });
  expect(() => readConfig({ PORT: "http" })).toThrow(
    new ConfigError('PORT must be a number from 0 to 65535, not "http"'),
  );
  expect(() => readConfig({ PORT: "70000" })).toThrow(ConfigError);
  expect(() => readConfig({ BLOG_URL: "a.example" })).toThrow(/BLOG_URL must be an http or https address/);
});
