import { ActionIcon, Button, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { type ReactNode, useCallback, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { timeZone } from '../api/client.ts';
import { type Live, useLive } from '../api/live.ts';
import { signOut } from '../api/session.ts';
import { Moment } from '../parts/moment.tsx';
import { Notice } from '../parts/notice.tsx';
import { Help } from './help.tsx';
import { Search } from './search.tsx';
import { goKeys, useKeys } from './use-keys.ts';

/** What stands around every page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const live = useLive();
  const [open, setOpen] = useState<'search' | 'help' | undefined>();
  const close = useCallback(() => setOpen(undefined), []);
  const search = useCallback(() => setOpen('search'), []);
  const help = useCallback(() => setOpen('help'), []);
  useKeys({ search, help });
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="bar">
        <Link href="/" className="brand">
          <img src="/icon.svg" alt="" width={20} height={20} />
          Fairlead
        </Link>
        <Navigation />
        <div className="tools">
          <Button size="compact-sm" variant="default" onClick={search} aria-keyshortcuts="/">
            Search <kbd>/</kbd>
          </Button>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={help}
            aria-keyshortcuts="?"
            aria-label="Show keys"
          >
            ?
          </Button>
          <SchemeButton />
          <Button size="compact-sm" variant="subtle" color="gray" onClick={() => void signOut()}>
            Sign out
          </Button>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Liveness live={live} />
        {children}
      </main>
      <footer className="quiet">
        Times are in {timeZone}. {live.type === 'live' ? 'Live.' : 'Not live.'}
      </footer>
      {open === 'search' ? <Search close={close} /> : ''}
      {open === 'help' ? <Help close={close} /> : ''}
    </>
  );
}

function Navigation() {
  const [path] = useLocation();
  return (
    <nav aria-label="Pages">
      {goKeys.map(({ path: to, name }) => {
        const here = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`);
        return (
          <Link key={to} href={to} aria-current={here ? 'page' : undefined}>
            {name}
          </Link>
        );
      })}
    </nav>
  );
}

/** Data that may be old says since when. */
function Liveness({ live }: { readonly live: Live }) {
  if (live.type === 'live') return '';
  return (
    <Notice tone="unknown">
      <p>
        Not live since <Moment at={live.since} />: the hub can't be heard. What stands here is as of then; it
        is read anew once the hub answers.
      </p>
    </Notice>
  );
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const other = scheme === 'light' ? 'dark' : 'light';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`Use ${other} colours`}
      title={`Use ${other} colours`}
      onClick={() => setColorScheme(other)}
    >
      <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <circle cx="8" cy="8" r="6" />
        <path d="M8 2A6 6 0 0 1 8 14Z" className="filled" />
      </svg>
    </ActionIcon>
  );
}
