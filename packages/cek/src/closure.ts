/** Functions made by `fn`: code and the environment that it was made in. */
import type { Lambda } from "@sorbus/compiler";
import { KIND, type Kind, PRINT } from "@sorbus/vm";
import type { UnitCode } from "./code.ts";
import type { Activation } from "./continuation.ts";
import type { Environment } from "./environment.ts";

export class CekClosure {
  readonly lambda: Lambda;
  readonly env: Environment;
  readonly code: UnitCode;
  constructor(lambda: Lambda, env: Environment, code: UnitCode) {
    this.lambda = lambda;
    this.env = env;
    this.code = code;
  }
  kind(): Kind {
    return this.lambda.kind;
  }
  print(): string {
    const { kind, name } = this.lambda;
    return `#<${kind === "component" ? "component" : "fn"}${name === "" ? "" : ` ${name}`}>`;
  }
}

// Computed names in a class body have no declarations of their own under `isolatedDeclarations`.
Object.defineProperty(CekClosure.prototype, KIND, { value: CekClosure.prototype.kind });
Object.defineProperty(CekClosure.prototype, PRINT, { value: CekClosure.prototype.print });

/** The activation that a call of `closure` starts. */
export function activate({ lambda, code }: CekClosure): Activation {
  return { name: lambda.name, code, outermost: lambda === code.thunk };
}
