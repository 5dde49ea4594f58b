/** How a registry wants to be asked: RFC 7235, and the token protocol of the distribution project. */
export type Challenge =
  | { readonly type: 'basic' }
  | { readonly type: 'bearer'; readonly realm: string; readonly service?: string; readonly scope?: string };

/** Reads a `WWW-Authenticate` header; `undefined` where it names neither scheme. */
export function parseChallenge(header: string | null): Challenge | undefined {
  if (header === null) return undefined;
  const scheme = /^\s*(bearer|basic)\b/iu.exec(header)?.[1]?.toLowerCase();
  if (scheme === 'basic') return { type: 'basic' };
  if (scheme !== 'bearer') return undefined;
  const fields = new Map<string, string>();
  for (const [, name = '', quoted, bare] of header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,"]+))/gu)) {
    fields.set(name.toLowerCase(), quoted ?? bare ?? '');
  }
  const realm = fields.get('realm');
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  const service = fields.get('service');
  const scope = fields.get('scope');
  return {
    type: 'bearer',
    realm,
    ...(service === undefined ? {} : { service }),
    ...(scope === undefined ? {} : { scope }),
  };
}
