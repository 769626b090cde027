/** Macro expansion, analysis, modules and code generation of SX. */
export { type Loop, loopOf } from "./codegen/analysis.ts";
export { type GeneratedUnit, type GenerateOptions, generate } from "./codegen/index.ts";
export { check, type Diagnostic, type DiagnosticCode, DIAGNOSTICS, diagnosticOf } from "./check.ts";
export type * from "./core.ts";
export { compilerPrimitives, coreModule, type CoreModuleOptions } from "./core-module.ts";
export { type Evaluator, Expander, type ExpanderOptions } from "./expander.ts";
export { didYouMean } from "./did-you-mean.ts";
export { driveLoad, type Load, type LoadAnswer, Loader, type LoaderOptions, type LoadStep } from "./loader.ts";
export { announce } from "./imports.ts";
export { MacroSuspended } from "./macros.ts";
export {
  type Binding,
  CoreModule,
  type Macro,
  Module,
  type Signature,
  signatureOfCell,
} from "./module.ts";
export { printCore } from "./print-core.ts";
export { specialForms } from "./special/index.ts";
export { formToValue, placeOf, quoted, valueToForm } from "./values.ts";
