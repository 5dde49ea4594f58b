import { Link, useLocation } from 'wouter';
import { Command } from '../parts/command.tsx';
import { useTitle } from '../parts/use-title.ts';

export function NotFoundPage() {
  useTitle('Not found');
  const [path] = useLocation();
  return (
    <>
      <h1>There is no page at this address</h1>
      <p>
        <code className="name">{path}</code> names nothing. Go to the <Link href="/">fleet</Link>, or find an
        application with <kbd>/</kbd> or
      </p>
      <Command text="fairlead app list" />
    </>
  );
}
