/** Load from clients that each keep a connection and ask one thing after the other. */
import { Agent, request } from "node:http";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One client with one connection. */
export class Client {
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Rejects when the connection breaks. */
  ask(path: string, method = "GET", body?: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const out = request(
        { port: this.#port, host: "127.0.0.1", agent: this.#agent, path, method },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => (text += chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          );
        },
      );
      out.on("error", reject);
      out.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Runs `client` so many times side by side until `stop` is called; resolves when all have ended. */
export function crowd(
  port: number,
  count: number,
  each: (client: Client, going: () => boolean, index: number) => Promise<void>,
): { stop(): Promise<void> } {
  let going = true;
  const running = Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const client = new Client(port);
      try {
        await each(client, () => going, index);
      } finally {
        client.close();
      }
    }),
  );
  return {
    stop: async () => {
      going = false;
      await running;
    },
  };
}
