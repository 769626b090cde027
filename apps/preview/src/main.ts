/** The preview daemon: it composes @sorbus/preview-reloader, which has nothing to compose yet. */
export {};
