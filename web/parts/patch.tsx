/** A unified diff, its lines told apart by their signs and by colour. */
export function Patch({ path, patch }: { readonly path: string; readonly patch: string }) {
  return (
    <figure className="patch">
      <figcaption>
        <code className="name">{path}</code>
      </figcaption>
      <pre>
        {patch
          .trimEnd()
          .split('\n')
          .map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text have nothing but their place.
            <span key={index} className={classOf(line)}>
              {`${line}\n`}
            </span>
          ))}
      </pre>
    </figure>
  );
}

function classOf(line: string): string {
  if (/^(\+\+\+|---|@@|Index|=+$)/.test(line)) return 'quiet';
  if (line.startsWith('+')) return 'added';
  return line.startsWith('-') ? 'removed' : '';
}
