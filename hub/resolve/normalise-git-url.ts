const scpForm = /^([^/:]*@[^@:/]+):(?!\/\/)/;

/**
 * One spelling for the URLs of one repository, for comparing; never for fetching. As Argo CD's `NormalizeGitURL`
 * (util/git): white space trimmed, lower-cased, `git@host:path` read as `ssh://git@host/path`, then without `ssh://`
 * and without `.git`. Beyond Argo CD, `oci://`, trailing slashes and the user of an http(s) URL are dropped, so that no
 * second spelling of a denied repository or registry gets through.
 */
export function normaliseGitUrl(url: string): string {
  return url
    .trim()
    .toLowerCase()
    .replace(scpForm, '$1/')
    .replace(/^(?:ssh|oci):\/\//, '')
    .replace(/^(https?:\/\/)[^/@]*@/, '$1')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
}
