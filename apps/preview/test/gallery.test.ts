/** `snapshot-all` of the blog's own components and pages, with the store and the host answered by mocks. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { Place } from "./support.ts";

const blog = (name: string): string => fileURLToPath(new URL(`../../blog/previews/${name}`, import.meta.url));

test("everything of the blog can be seen, in every variant that it asks for", {
  timeout: 300_000,
}, async () => {
  await using place = new Place();
  const { entries, errors, failed, taken, manifest, gallery } = await place.json(
    "snapshot-all",
    blog("components.sx"),
    blog("pages.sx"),
    "-o",
    "gallery",
  );
  expect(errors).toEqual([]);
  expect(failed).toBe(0);
  expect(taken).toBe(entries.length * 4);
  expect(entries.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["Card", "Related", "Home", "Post"]),
  );
  const page = readFileSync(gallery, "utf8");
  const told = JSON.parse(readFileSync(manifest, "utf8")) as { entries: typeof entries };
  for (const { variants } of told.entries) {
    for (const { picture, name } of variants) {
      const file = picture?.output ?? "";
      expect(page).toContain(`src="${file}"`);
      expect(existsSync(place.path(`gallery/${file}`))).toBe(true);
      const { width } = PNG.sync.read(readFileSync(place.path(`gallery/${file}`)));
      expect(width).toBe(name.startsWith("mobile") ? 1170 : 1280);
    }
  }
});

test("a file that does not compile is told, and the others are taken", async () => {
  await using place = new Place();
  place.write("good.sx", '(preview "Good" (p "x")) (preview "Bad" (error "no"))');
  place.write("broken.sx", "(preview");
  const { stdout, code } = await place.sx([
    "snapshot-all",
    "good.sx",
    "broken.sx",
    "-o",
    "g",
    "--variants",
    "light",
    "--json",
  ]);
  expect(code).toBe(1);
  const { taken, failed, errors } = JSON.parse(stdout) as {
    taken: number;
    failed: number;
    errors: { file: string }[];
  };
  expect([taken, failed]).toEqual([1, 2]);
  expect(errors.map(({ file }) => file)).toEqual([place.path("broken.sx")]);
  expect(readFileSync(place.path("g/index.html"), "utf8")).toContain("broken.sx");
});

test("a difference is looked at with the traits of now", async () => {
  await using place = new Place();
  place.write("one.sx", '(preview "One" (p "one"))');
  await place.json("run", "one.sx", "--detach", "--traits", "mobile");
  place.write("one.sx", '(preview "One" (p "two"))');
  await place.json("configure", "tablet");
  const { pixels, html } = await place.json("diff");
  expect(html).toMatchObject({ equal: false, added: 1, removed: 1 });
  expect(pixels.sizes).toEqual(["1640×2360", "1640×2360"]);
  expect(pixels.different).toBeGreaterThan(0);
});
