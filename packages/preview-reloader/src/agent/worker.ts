/** The worker's side of an agent: a local one, asked by messages. */
import { parentPort, workerData } from "node:worker_threads";
import { OpError } from "@sorbus/io-resolver";
import { nodeFiles } from "sorbus";
import { LocalAgent } from "./local.ts";
import type { Answer, Ask, Call, FromWorker, ToWorker, WorkerData } from "./messages.ts";

const port = parentPort;
if (port === null) throw new Error("this file is the code of a worker");
const send = (message: FromWorker): void => port.postMessage(message);

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}
const asked = new Map<number, Waiting>();
let nextAsk = 0;

function ask(what: Ask, signal?: AbortSignal): Promise<unknown> {
  const id = nextAsk++;
  return new Promise((resolve, reject) => {
    asked.set(id, { resolve, reject });
    signal?.addEventListener("abort", () => {
      if (asked.delete(id)) send({ type: "withdraw", id });
    });
    try {
      send({ type: "ask", id, ask: what });
    } catch (error) {
      asked.delete(id);
      reject(new OpError("host", `what is asked of the host cannot leave the agent: ${String(error)}`));
    }
  });
}

const { options } = workerData as WorkerData;
const agent = new LocalAgent(options, {
  read: (path) => ask({ what: "read", path }) as Promise<string>,
  readData: (path) => ask({ what: "data", path }) as Promise<string>,
  answer: (op, args, signal) => ask({ what: "op", op, args }, signal),
  notice: (notice) => send({ type: "notice", notice }),
  resolve: (specifier, from) => nodeFiles.resolve(specifier, from),
});

const running = new Map<number, AbortController>();

function start(call: Call, signal: AbortSignal): Promise<unknown> {
  switch (call.method) {
    case "load":
      return agent.load(call.texts, call.state, signal);
    case "apply":
      return agent.apply(call.edit, call.structural, signal);
    case "render":
      return agent.render(call.request, signal);
    case "saveState":
      return agent.saveState();
    case "restoreState":
      return agent.restoreState(call.state);
    default:
      return call satisfies never;
  }
}

async function handle(id: number, call: Call): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  let answer: Answer;
  try {
    answer = { value: await start(call, controller.signal) };
  } catch (error) {
    answer = { error: { message: error instanceof Error ? (error.stack ?? error.message) : String(error) } };
  }
  running.delete(id);
  send({ type: "result", id, answer });
}

port.on("message", (message: ToWorker) => {
  switch (message.type) {
    case "call":
      void handle(message.id, message.call);
      break;
    case "abort":
      running.get(message.id)?.abort();
      break;
    case "answer": {
      const waiting = asked.get(message.id);
      asked.delete(message.id);
      if (waiting === undefined) break;
      const { answer } = message;
      if ("value" in answer) waiting.resolve(answer.value);
      else {
        const { message: text, op } = answer.error;
        waiting.reject(op === undefined ? new Error(text) : new OpError(op.kind, text, op.data));
      }
      break;
    }
    default:
      message satisfies never;
  }
});
