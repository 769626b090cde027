/** The ops of programs that serve: what the framework in `lib` asks of the host. */
import type { OpDeclaration } from "@sorbus/io-resolver";
import { type ListenOps, listenOps } from "./listen.ts";
import { rateLimitOps } from "./rate-limit.ts";
import { socketOps } from "./socket.ts";
import { streamOps } from "./stream.ts";
import { tokenOps } from "./token.ts";
import { uploadOps } from "./upload.ts";

export interface HttpOpsOptions {
  /** The folder that `:http/upload-save` puts files into. Default: there is none, and the op fails. */
  readonly uploads?: string;
  /** For programs that start servers themselves, by `:http/listen`. Default: they cannot. */
  readonly listen?: ListenOps;
}

/** All of them, for `createRuntime({ ops })`. */
export function httpOps({ uploads, listen }: HttpOpsOptions = {}): OpDeclaration[] {
  return [
    ...tokenOps(),
    ...streamOps(),
    ...uploadOps(uploads),
    ...rateLimitOps(),
    ...socketOps(),
    ...(listen === undefined ? [] : listenOps(listen)),
  ];
}
