import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { createQueryClient } from '../api/query-client.ts';
import { useSignedIn } from '../api/session.ts';
import { FleetPage } from '../pages/fleet-page.tsx';
import { NotFoundPage } from '../pages/not-found-page.tsx';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';
import { theme } from './theme.ts';

const ApplicationsPage = lazy(async () => ({
  default: (await import('../pages/applications-page.tsx')).ApplicationsPage,
}));
const ApplicationPage = lazy(async () => ({
  default: (await import('../pages/application-page.tsx')).ApplicationPage,
}));
const DriftPage = lazy(async () => ({ default: (await import('../pages/drift-page.tsx')).DriftPage }));
const ClustersPage = lazy(async () => ({
  default: (await import('../pages/clusters-page.tsx')).ClustersPage,
}));
const ClusterPage = lazy(async () => ({ default: (await import('../pages/cluster-page.tsx')).ClusterPage }));

const queryClient = createQueryClient();

/** Everything. The theme's variables stand in a style sheet, so that no style is written into the page. */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queryClient}>
        <Door />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** Signing in happens in place: the address stays, and leads on to what it names. */
function Door() {
  if (useSignedIn() === 'no') return <SignIn />;
  return (
    <Shell>
      <Suspense fallback={<p className="quiet waiting">Loading the page…</p>}>
        <Switch>
          <Route path="/">{() => <FleetPage />}</Route>
          <Route path="/applications">{() => <ApplicationsPage />}</Route>
          <Route path="/applications/:namespace/:name">
            {({ namespace, name }) => (
              <ApplicationPage key={`${namespace}/${name}`} name={`${namespace}/${name}`} />
            )}
          </Route>
          <Route path="/drift">{() => <DriftPage />}</Route>
          <Route path="/clusters">{() => <ClustersPage />}</Route>
          <Route path="/clusters/:name">{({ name }) => <ClusterPage key={name} name={name} />}</Route>
          <Route>{() => <NotFoundPage />}</Route>
        </Switch>
      </Suspense>
    </Shell>
  );
}
