/** What a server has done since it was started. */

export interface Counters {
  /** Requests whose head has come. */
  requests: number;
  /** Responses by the first digit of their status. */
  readonly statuses: Record<"1xx" | "2xx" | "3xx" | "4xx" | "5xx", number>;
  /** Clients that went away before the end of their response. */
  aborted: number;
  /** What programs have asked of the world. */
  effects: number;
  /** Times that a program waited for an answer, and the process did something else. */
  suspensions: number;
  /** WebSockets that were opened. */
  sockets: number;
  /** Texts that were no requests, and connections that were dropped because there were too many. */
  malformed: number;
  dropped: number;
  /** Times that the program was replaced while serving. */
  swaps: number;
}

export function newCounters(): Counters {
  return {
    requests: 0,
    statuses: { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 },
    aborted: 0,
    effects: 0,
    suspensions: 0,
    sockets: 0,
    malformed: 0,
    dropped: 0,
    swaps: 0,
  };
}

export function countStatus(counters: Counters, status: number): void {
  const digit = Math.floor(status / 100);
  if (digit === 2) counters.statuses["2xx"]++;
  else if (digit === 3) counters.statuses["3xx"]++;
  else if (digit === 4) counters.statuses["4xx"]++;
  else if (digit === 5) counters.statuses["5xx"]++;
  else counters.statuses["1xx"]++;
}
