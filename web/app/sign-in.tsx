import { Button, PasswordInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { noteSignedIn, signIn } from '../api/session.ts';
import { Command } from '../parts/command.tsx';
import { Failure } from '../parts/notice.tsx';
import { useTitle } from '../parts/use-title.ts';

/** Asks for the token. The address stays as it is: what it names is shown after. */
export function SignIn() {
  useTitle('Sign in');
  const queries = useQueryClient();
  const [token, setToken] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  async function enter(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await signIn(token);
      // Before anything is shown again: what failed for want of a session is asked for anew.
      queries.clear();
      noteSignedIn('yes');
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  }

  return (
    <main className="sign-in">
      <h1>Fairlead</h1>
      <p>
        Sign in with the hub's API token, or one of your own, to see the fleet. A session reads only, and ends
        after 12 hours.
      </p>
      <form onSubmit={(event) => void enter(event)}>
        <PasswordInput
          label="Token"
          name="token"
          autoComplete="current-password"
          autoFocus
          required
          withAsterisk={false}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy} fullWidth>
          Sign in
        </Button>
      </form>
      {error === undefined ? '' : <Failure error={error} />}
      <div className="quiet">
        <p>The hub printed its token at its first start, and keeps it in its data folder:</p>
        <Command text="cat fairlead-data/api-token" />
      </div>
    </main>
  );
}
