import type { Context, Printer, View } from './context.ts';
import { formatValue } from './output/print-value.ts';

/** Prints a value in the format that was asked for. */
export async function print<T>(printer: Printer, value: T, render: (value: T) => string): Promise<void> {
  process.stdout.write(`${await formatValue(value, printer.format, render)}\n`);
}

/** Prints a view; with `--watch` again whenever the hub tells of a change, until the process is ended. */
export async function show<T>(context: Context, view: View<T>): Promise<T> {
  const first = await view.read();
  if (!context.watch) {
    await print(context, first, view.render);
    return first;
  }
  const { watchView } = await import('./output/watch-view.ts');
  return watchView(context, view, first);
}
