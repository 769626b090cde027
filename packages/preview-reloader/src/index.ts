/** Saved files to pictures. Nothing is here yet; docs/architecture.md says what will be. */
export {};
