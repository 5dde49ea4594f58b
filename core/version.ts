/** Of hub, agent and CLI: they are one package. `test/core/version.test.ts` holds it against package.json. */
export const version = '0.1.0';
