/** Functions made by `fn`: code and the environment that it was made in. */
import type { Lambda, Unit } from "@sorbus/compiler";
import { KIND, type Kind, PRINT } from "@sorbus/vm";
import type { Activation } from "./continuation.ts";
import type { Environment } from "./environment.ts";

export class CekClosure {
  readonly lambda: Lambda;
  readonly env: Environment;
  readonly unit: Unit;
  constructor(lambda: Lambda, env: Environment, unit: Unit) {
    this.lambda = lambda;
    this.env = env;
    this.unit = unit;
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
export function activate({ lambda, unit }: CekClosure): Activation {
  return { name: lambda.name, unit, hidden: isHidden(unit) };
}

/** Core and prelude code is not shown in traces. */
export function isHidden(unit: Unit): boolean {
  return unit.id.startsWith("core/");
}
