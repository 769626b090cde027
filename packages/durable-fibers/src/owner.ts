/**
 * Who runs a fiber. An owner's name says of which process it is, as far as others can tell: a process on the same
 * machine sees that the owner is dead at once, and need not wait until its lease has run out.
 */
import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/** The running kernel and the namespace of process ids; "" where the system does not say. */
function place(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}

const HERE: string = place();

/** A name for this process, new for each caller. */
export function newOwner(): string {
  return JSON.stringify([HERE, process.pid, randomUUID()]);
}

/** Whether the process of that owner is known to have ended. */
export function isDead(owner: string): boolean {
  const [where, pid] = JSON.parse(owner) as [string, number, string];
  if (where === "" || where !== HERE || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as { readonly code?: string }).code === "ESRCH";
  }
}
