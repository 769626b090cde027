/** Commands that start, choose, ask and end sessions. */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Problem } from "../../problem.ts";
import type { PreviewInfo, ReloadRecord, SavedState } from "../../reloader.ts";
import type { Result } from "../../vocabulary/commands.ts";
import type { Live } from "../live.ts";
import { problemOrNull } from "../problems.ts";
import type { Handler } from "./handler.ts";

export const run: Handler<"run"> = async ({ file, preview, traits, another }, call, world) => {
  const { live, reused } = await world.start(file, call, another === true);
  await live.sync();
  call.phase("rendering");
  if (preview !== undefined) await live.switch(preview);
  if (traits !== undefined) await live.configure({ ...live.chosen, ...live.traits(traits) });
  return { ...describe(live), list: listed(live.session.previews()), reused };
};

export const list: Handler<"list"> = ({ file }, call, world) =>
  world.passing(file, call, async (live) => {
    await live.sync();
    const previews = live.session.previews();
    const { error } = live.session.standing();
    // A program that has never loaded has no list, and says why.
    if (previews.length === 0 && error !== undefined)
      throw new Problem(problemOrNull(error) ?? unreachable());
    return { file: live.file, previews: listed(previews) };
  });

export const sessions: Handler<"sessions"> = async (_params, _call, world) => ({
  sessions: world.all().map(describe),
});

export const stop: Handler<"stop"> = async ({ all, ...target }, call, world) => {
  const ending = all === true ? world.all() : [world.target(target, call)];
  await Promise.all(ending.map((live) => world.stop(live)));
  return { stopped: ending.map(({ id }) => id) };
};

export const switchPreview: Handler<"switch"> = async ({ preview, ...target }, call, world) => {
  const live = world.target(target, call);
  await live.sync();
  call.phase("rendering");
  const view = await live.switch(preview);
  return { ...live.standing(view), preview: view.preview?.index ?? -1, name: view.preview?.name ?? "" };
};

export const configure: Handler<"configure"> = async ({ traits, ...target }, call, world) => {
  const live = world.target(target, call);
  const given = traits === undefined ? {} : live.traits(traits);
  call.phase("rendering");
  const clear = Object.keys(given).length === 0;
  const view = await live.configure(clear ? {} : { ...live.chosen, ...given });
  return { ...live.standing(view), traits: live.chosen };
};

export const explain: Handler<"explain"> = async ({ limit = 5, ...target }, call, world) => {
  const live = world.target(target, call);
  await live.sync();
  return { ...live.standing(), records: live.session.records().slice(-limit).reverse().map(told) };
};

export const wait: Handler<"wait"> = async ({ revision, timeout = 30, ...target }, call, world) => {
  const live = world.target(target, call);
  if (revision === undefined) {
    call.phase("looking at the files");
    await live.sync(true);
  } else {
    call.phase(`waiting for revision ${revision}`);
    // What has been saved already needs no event to be seen.
    await live.sync();
    await live.session.wait(revision, { timeout: timeout * 1000 });
  }
  const record = live.session.records().at(-1);
  return { ...live.standing(), record: record === undefined ? null : told(record) };
};

export const state: Handler<"state"> = async ({ action, path, ...target }, call, world) => {
  const live = world.target(target, call);
  await live.sync();
  const file = path === undefined ? null : resolve(call.cwd, path);
  if (action === "save") {
    const saved = await live.session.saveState();
    if (file === null) live.kept = saved;
    else await writeFile(file, `${JSON.stringify(saved, null, 2)}\n`);
    return {
      ...live.standing(),
      action,
      path: file,
      kept: saved.values.map(({ name }) => name),
      dropped: [],
    };
  }
  const saved = file === null ? live.kept : parseState(file, await readFile(file, "utf8"));
  if (saved === undefined) {
    throw new Problem({
      phase: "request",
      code: "no-saved-state",
      message: "this session has saved no state",
      remediation: "Save it before, or name the file that it was saved to: `--path FILE`.",
    });
  }
  const { kept, dropped, view } = await live.session.restoreState(saved);
  await live.refresh(view);
  return {
    ...live.standing(view),
    action,
    path: file,
    kept: [...kept],
    dropped: dropped.map((one) => ({ ...one })),
  };
};

function parseState(file: string, text: string): SavedState {
  const wrong = (detail: string): Problem =>
    new Problem({
      phase: "files",
      code: "no-state",
      message: `${file} holds no state of a preview`,
      detail,
      remediation: "Name a file that `sx preview state save --path FILE` has written.",
    });
  let value: { format?: unknown; values?: unknown } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
  if (value?.format !== "sorbus-preview-state-1" || !Array.isArray(value.values))
    throw wrong("another format");
  return value as SavedState;
}

/** A session, for people and programs. */
function describe(live: Live): Result<"sessions">["sessions"][number] {
  return {
    ...live.standing(live.shown),
    url: live.url,
    preview: live.shown.preview?.index ?? -1,
    previews: live.session.previews().length,
    traits: live.chosen,
    files: [...live.session.files()],
  };
}

export function listed(previews: readonly PreviewInfo[]): Result<"list">["previews"] {
  return previews.map(({ index, name, file, line, snippet, interactive }) => ({
    index,
    name,
    file,
    line,
    snippet,
    interactive,
  }));
}

function told(record: ReloadRecord): Result<"explain">["records"][number] {
  const { files, definitions, stateKept, stateDropped, timings, error, ...rest } = record;
  return {
    ...rest,
    files: [...files],
    definitions: [...definitions],
    stateKept: [...stateKept],
    stateDropped: stateDropped.map((one) => ({ ...one })),
    timings: { ...timings },
    error: problemOrNull(error),
  };
}

function unreachable(): never {
  throw new TypeError("there was an error");
}
