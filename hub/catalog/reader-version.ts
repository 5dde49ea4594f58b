/**
 * Grows whenever documents are read to mean more or something else than before, so that a newer hub reads again what an
 * older one had stored.
 */
export const readerVersion = 3;
