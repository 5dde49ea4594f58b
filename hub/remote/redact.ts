/** Shorter ones stand in too many words to be looked for. */
const shortest = 4;

/** Takes secrets out of a text, in every form that a tool may repeat them in. */
export function redactor(secrets: readonly (string | undefined)[]): (text: string) => string {
  const known = secrets.filter(
    (secret) => secret !== undefined && secret.length >= shortest,
  ) as readonly string[];
  const forms = new Set(
    known.flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]),
  );
  const longestFirst = [...forms].sort((left, right) => right.length - left.length);
  return (text) => longestFirst.reduce((rest, form) => rest.replaceAll(form, '…'), text);
}
