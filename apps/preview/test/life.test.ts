/** The daemon's life: it starts by itself, once, in a folder of its own, and ends with all that it has started. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { connect, connectIfRunning } from "../src/client/connection.ts";
import { FOLDER_VARIABLE, places } from "../src/places.ts";
import { command, gone, isAlive, Place } from "./support.ts";

describe("starting", () => {
  test("the first command starts it, the next ones find it", async () => {
    await using place = new Place();
    const first = await place.json("status");
    const second = await place.json("status");
    expect(second.pid).toBe(first.pid);
    expect(isAlive(first.pid)).toBe(true);
  });

  test("its folder and socket are for this user alone", async () => {
    await using place = new Place();
    await place.json("status");
    const { folder } = places(place.env);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("a folder that others may enter is closed to them", async () => {
    await using place = new Place();
    mkdirSync(place.path("d"), { mode: 0o777 });
    await place.json("status");
    expect(statSync(place.path("d")).mode & 0o777).toBe(0o700);
  });

  test("many that start it at once get one and the same", async () => {
    await using place = new Place();
    const all = await Promise.all([1, 2, 3, 4].map(() => connect({ env: place.env })));
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
    for (const connection of all) connection.close();
  });

  test("a socket that a killed daemon left is probed and replaced", async () => {
    await using place = new Place();
    const { pid } = await place.json("status");
    process.kill(pid, "SIGKILL");
    await gone(pid);
    expect(existsSync(places(place.env).socket)).toBe(true);
    const next = await place.json("status");
    expect(next.pid).not.toBe(pid);
    expect(next.sessions).toBe(0);
  });

  test("so is a file in the socket's place, and the lock of a process that is gone", async () => {
    await using place = new Place();
    const { socket, lock } = places(place.env);
    writeFileSync(socket, "");
    const passed = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => passed.once("exit", resolve));
    writeFileSync(lock, String(passed.pid));
    expect((await place.json("status")).sessions).toBe(0);
    expect(existsSync(lock)).toBe(false);
  });

  test("a socket that somebody answers is left alone: a second daemon ends, and says why", async () => {
    await using place = new Place();
    const { pid } = await place.json("status");
    const second = await place.sx(["serve", "--daemon"]);
    expect(second.stderr).toContain("another preview daemon is running already");
    expect((await place.json("status")).pid).toBe(pid);
  });

  test("a folder with too long a name is an error that says what to do", async () => {
    await using place = new Place();
    const { code, stderr } = await place.sx(["status"], { [FOLDER_VARIABLE]: `/tmp/${"long".repeat(30)}` });
    expect(code).toBe(1);
    expect(stderr).toContain(FOLDER_VARIABLE);
  });
});

describe("versions", () => {
  test("a daemon of another version is replaced, and that is said", async () => {
    await using place = new Place();
    const old = await place.sx(["status", "--json"], { SORBUS_PREVIEW_VERSION: "0.0.1" });
    const { pid } = JSON.parse(old.stdout) as { pid: number };
    const { stdout, stderr } = await place.sx(["status", "--json"], { SORBUS_PREVIEW_VERSION: "0.0.2" });
    const now = JSON.parse(stdout) as { pid: number; version: string };
    expect(stderr).toContain("version 0.0.1, this is 0.0.2");
    expect(now.version).toBe("0.0.2");
    expect(now.pid).not.toBe(pid);
    await gone(pid);
    // What clean-up connects with is a version of its own.
    process.kill(now.pid, "SIGTERM");
    await gone(now.pid);
  });

  test("one that speaks another protocol is asked to end too", async () => {
    await using place = new Place();
    const { socket } = places(place.env);
    // It greets as a daemon of long ago would, and understands nothing.
    const program = `
      const { createServer } = require("node:net");
      const greeting = JSON.stringify({ hello: "sorbus-preview", protocol: 0, version: "0.0.0", pid: process.pid });
      createServer((socket) => { socket.write(greeting + "\\n"); socket.resume(); }).listen(${JSON.stringify(socket)}, () => console.log("ready"));`;
    const old = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => old.stdout.once("data", resolve));
    const { pid } = await place.json("status");
    expect(pid).not.toBe(old.pid);
    await gone(old.pid ?? 0);
  });
});

describe("ending", () => {
  test("kill-daemon ends it; without one there is nothing to end", async () => {
    await using place = new Place();
    const { pid } = await place.json("status");
    expect((await place.sx(["kill-daemon"])).stdout).toContain(String(pid));
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(places(place.env).socket)).toBe(false);
    expect((await place.sx(["kill-daemon"])).stdout).toContain("no daemon is running");
  });

  test("who is waiting for it when it is killed is told, and the next call starts another", async () => {
    await using place = new Place();
    const connection = await place.connect();
    const waiting = connection.call("follow", { session: "none" }).catch((error: unknown) => error);
    await waiting;
    process.kill(connection.pid, "SIGKILL");
    await connection.closed;
    const other = await place.connect();
    expect(other.pid).not.toBe(connection.pid);
    other.close();
  });

  test("it ends by itself when nobody has used it for a while", async () => {
    await using place = new Place({ SORBUS_PREVIEW_IDLE: "0.002" });
    const { pid } = await place.json("status");
    await gone(pid);
    expect((await place.sx(["logs"])).stdout).toContain("nobody has used it");
  });

  test("but not while somebody is connected", async () => {
    await using place = new Place({ SORBUS_PREVIEW_IDLE: "0.01" });
    const connection = await place.connect();
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      await connection.call("sessions", {});
    }
    expect(isAlive(connection.pid)).toBe(true);
    connection.close();
    await gone(connection.pid);
  });
});

describe("logs", () => {
  test("show what there is, and follow what comes", async () => {
    await using place = new Place();
    await place.json("status");
    expect((await place.sx(["logs", "-n", "1"])).stdout).toMatch(/info daemon .*process \d+/);
    const [program = "", ...first] = command;
    const following = spawn(program, [...first, "logs", "-f"], { cwd: place.folder, env: { ...place.env } });
    let text = "";
    const ending = new Promise<void>((resolve) => {
      following.stdout.setEncoding("utf8").on("data", (more: string) => {
        text += more;
        if (text.includes("ending: SIGTERM")) resolve();
      });
    });
    await new Promise((resolve) => following.stdout.once("data", resolve));
    await place.sx(["kill-daemon"]);
    await ending;
    following.kill("SIGTERM");
    await new Promise((resolve) => following.once("close", resolve));
  });

  test("without any, say that no daemon has run", async () => {
    await using place = new Place();
    const { code, stderr } = await place.sx(["logs"]);
    expect(code).toBe(1);
    expect(stderr).toContain("no daemon has run");
  });
});

describe("mistakes on the wire", () => {
  test("what is no message is refused, and the daemon goes on", async () => {
    await using place = new Place();
    const { pid } = await place.json("status");
    const { connect: connectSocket } = await import("node:net");
    const socket = connectSocket(places(place.env).socket);
    socket.write("this is no JSON\n");
    await new Promise((resolve) => socket.resume().once("close", resolve));
    expect((await place.json("status")).pid).toBe(pid);
  });

  test("a socket of something else is no daemon", async () => {
    await using place = new Place();
    const { socket } = places(place.env);
    mkdirSync(dirname(socket), { recursive: true });
    const other = createServer((client) => client.end("HTTP/1.1 400\r\n\r\n"));
    await new Promise<void>((resolve) => other.listen(socket, resolve));
    expect(await connectIfRunning(place.env)).toBeUndefined();
    await new Promise((resolve) => other.close(resolve));
  });
});
