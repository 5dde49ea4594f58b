import { createTheme } from '@mantine/core';

/** What components ask of the theme in code; its colours and sizes stand in styles/base.css. */
export const theme = createTheme({
  respectReducedMotion: true,
  cursorType: 'pointer',
  focusRing: 'auto',
});
